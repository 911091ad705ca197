import type { Position } from "../protocol/frame.ts";
import type { HistoryOptions, HistoryRead } from "../broker/broker.ts";
import { idempotencyMs } from "../broker/memory-broker.ts";
import { LuaScript, type RedisConnection } from "./lua-script.ts";

/** A channel's place is remembered this long after its last use: a new epoch begins after it. */
const placeTtlMs = 86_400_000;

/**
 * Numbers, keeps and publishes in one step, so that the order of the offsets is the order on the wire. A log without its place, which a
 * server short of memory evicted, is of a past epoch and would take no lower offset. The message is
 * `<offset> <epoch> <text>`. KEYS place, log, idempotency. ARGV text, size, ttl, fresh epoch, command, channel, key ttl (0: none).
 */
const publishScript = new LuaScript(`
if ARGV[7] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  if known then
    local offset, epoch = string.match(known, '^(%d+) (.*)$')
    return { epoch, tonumber(offset) }
  end
end
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[4]) == 1 then redis.call('DEL', KEYS[2]) end
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local offset = 0
if ARGV[2] ~= '0' then
  offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[2], offset .. '-0', 't', ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], math.max(${placeTtlMs}, tonumber(ARGV[3])))
if ARGV[7] ~= '0' then redis.call('SET', KEYS[3], offset .. ' ' .. epoch, 'PX', ARGV[7]) end
redis.call(ARGV[5], ARGV[6], offset .. ' ' .. epoch .. ' ' .. ARGV[1])
return { epoch, offset }
`);

/** The channel's place and what followed `since`, of one moment. ARGV since offset (-1: none), since epoch, limit, fresh epoch. */
const readScript = new LuaScript(`
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[4]) == 1 then redis.call('DEL', KEYS[2]) end
if redis.call('PTTL', KEYS[1]) < ${placeTtlMs} then redis.call('PEXPIRE', KEYS[1], ${placeTtlMs}) end
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local offset = tonumber(redis.call('HGET', KEYS[1], 'offset') or '0')
local since = tonumber(ARGV[1])
local missed = offset - since
if since < 0 or ARGV[2] ~= epoch or missed < 0 or missed > tonumber(ARGV[3]) then return { epoch, offset, 0, {} } end
if missed == 0 then return { epoch, offset, 1, {} } end
local entries = redis.call('XRANGE', KEYS[2], (since + 1) .. '-0', '+')
if #entries ~= missed then return { epoch, offset, 0, {} } end
local texts = {}
for index, entry in ipairs(entries) do texts[index] = entry[2][2] end
return { epoch, offset, 1, texts }
`);

export interface RedisHistoryOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly sharded: boolean;
}

/** Streams on Redis: per channel a place (epoch and last offset) and a log whose entry ids are the offsets. */
export class RedisHistory {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #command: "publish" | "spublish";

  constructor({ redis, prefix, sharded }: RedisHistoryOptions) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#command = sharded ? "spublish" : "publish";
  }

  /** The name under which a channel is subscribed to; all its keys share one slot of a cluster. */
  wireName(channel: string): string {
    return `${this.#prefix}channel:{${channel}}`;
  }

  /** @returns `null` where `history` is null. */
  async publish(options: {
    readonly channel: string;
    readonly text: string;
    readonly history: HistoryOptions | null;
    readonly idempotencyKey: string | undefined;
  }): Promise<Position | null> {
    const { channel, text, history, idempotencyKey } = options;
    const wire = this.wireName(channel);
    if (history === null && idempotencyKey === undefined) {
      await this.#redis[this.#command](wire, `0  ${text}`);
      return null;
    }
    const keys = [`${wire}:place`, `${wire}:log`, `${wire}:key:${idempotencyKey ?? ""}`];
    const keyMs = idempotencyKey === undefined ? 0 : idempotencyMs;
    const { sizeMax, ttlMs } = history ?? { sizeMax: 0, ttlMs: 0 };
    const answer = await publishScript.run(this.#redis, keys, [
      text,
      sizeMax,
      ttlMs,
      freshEpoch(),
      this.#command,
      wire,
      keyMs,
    ]);
    const [epoch, offset] = tuple(answer);
    return history === null ? null : { epoch: String(epoch), offset: Number(offset) };
  }

  async read(channel: string, since: Position | null, limit: number): Promise<HistoryRead> {
    const wire = this.wireName(channel);
    const values = [since?.offset ?? -1, since?.epoch ?? "", limit, freshEpoch()];
    const answer = await readScript.run(this.#redis, [`${wire}:place`, `${wire}:log`], values);
    const [epoch, offset, complete, texts] = tuple(answer);
    const position = { epoch: String(epoch), offset: Number(offset) };
    const first = (since?.offset ?? 0) + 1;
    const publications = tuple(texts).map((text, index) => ({ offset: first + index, text: String(text) }));
    return { position, complete: complete === 1, publications };
  }
}

function freshEpoch(): string {
  return Bun.randomUUIDv7("base64url");
}

function tuple(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("a Redis script gave no array");
}
