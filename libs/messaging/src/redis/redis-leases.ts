import type { ExpiredLease, Leases } from "../broker/broker.ts";
import { LuaScript, type RedisConnection } from "./lua-script.ts";

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const renewScript = new LuaScript(`${now}
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[index]) end
`);

/** Moves expired leases to the unsettled ones and returns them, after those whose retry time has come. */
const takeScript = new LuaScript(`${now}
local limit = tonumber(ARGV[1])
local given = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, limit)
local due = {}
if #given < limit then
  due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit - #given)
end
for index = 1, #due, 2 do
  redis.call('ZREM', KEYS[1], due[index])
  given[#given + 1] = string.format('%.0f', due[index + 1]) .. ' ' .. due[index]
end
for index = 1, #given do redis.call('ZADD', KEYS[2], now + ARGV[2], given[index]) end
return given
`);

const chunkMax = 1000;

/** Leases in a sorted set by expiry, and unsettled ones in another. */
export class RedisLeases implements Leases {
  readonly #redis: RedisConnection;
  readonly #due: string;
  readonly #taken: string;

  constructor({ redis, prefix }: { readonly redis: RedisConnection; readonly prefix: string }) {
    this.#redis = redis;
    this.#due = `${prefix}{leases}:due`;
    this.#taken = `${prefix}{leases}:taken`;
  }

  async renew(ids: readonly string[], leaseMs: number): Promise<void> {
    for (let start = 0; start < ids.length; start += chunkMax) {
      await renewScript.run(this.#redis, [this.#due], [leaseMs, ...ids.slice(start, start + chunkMax)]);
    }
  }

  async takeExpired(limit: number, retryMs: number): Promise<readonly ExpiredLease[]> {
    const answer = await takeScript.run(this.#redis, [this.#due, this.#taken], [limit, retryMs]);
    return Array.isArray(answer) ? answer.map((entry) => readEntry(String(entry))) : [];
  }

  async settle({ id, expiredAt }: ExpiredLease): Promise<void> {
    await this.#redis.zrem(this.#taken, `${expiredAt} ${id}`);
  }
}

function readEntry(entry: string): ExpiredLease {
  const space = entry.indexOf(" ");
  return { expiredAt: Number(entry.slice(0, space)), id: entry.slice(space + 1) };
}
