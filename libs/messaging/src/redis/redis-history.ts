import type { Position } from "../protocol/frame.ts";
import type { HistoryOptions, HistoryRead } from "../broker/broker.ts";
import { idempotencyMs } from "../broker/memory-broker.ts";
import { publishScript, readScript } from "./history-scripts.ts";
import type { RedisConnection } from "./lua-script.ts";

/** Over as many slots of a cluster channels are spread. What is kept of those that nothing was published to is one key for each of these. */
const buckets = 1024;

export interface RedisHistoryOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly sharded: boolean;
}

export interface RedisPublication {
  readonly channel: string;
  readonly text: string;
  readonly history: HistoryOptions | null;
  readonly idempotencyKey: string | undefined;
  /** Of what is not kept: travels in the place of its epoch. Without spaces. */
  readonly mark: string;
}

/**
 * Streams on Redis: per channel a place (epoch and last offset) and a log whose entry ids are the offsets. There is none of them before
 * the first publication: whoever only asks leaves nothing behind.
 */
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
    return `${this.#prefix}channel:{${bucketOf(channel)}}${channel}`;
  }

  channelOf(wireName: string): string {
    return wireName.slice(wireName.indexOf("}", this.#prefix.length) + 1);
  }

  /** @returns `null` where `history` is null. */
  async publish(publication: RedisPublication): Promise<Position | null> {
    const { channel, text, history, idempotencyKey, mark } = publication;
    const wire = this.wireName(channel);
    if (history === null && idempotencyKey === undefined) {
      await this.#redis[this.#command](wire, `0 ${mark} ${text}`);
      return null;
    }
    const { sizeMax, ttlMs } = history ?? { sizeMax: 0, ttlMs: 0 };
    const keyMs = idempotencyKey === undefined ? 0 : idempotencyMs;
    const answer = await publishScript.run(
      this.#redis,
      [`${wire}:place`, `${wire}:log`, `${wire}:key:${idempotencyKey ?? ""}`, this.#beginningOf(channel)],
      [text, sizeMax, ttlMs, freshEpoch(), this.#command, wire, keyMs, mark],
    );
    const [epoch, offset] = tuple(answer);
    return history === null ? null : { epoch: String(epoch), offset: Number(offset) };
  }

  async read(channel: string, since: Position | null, limit: number): Promise<HistoryRead> {
    const wire = this.wireName(channel);
    const answer = await readScript.run(
      this.#redis,
      [`${wire}:place`, `${wire}:log`, this.#beginningOf(channel)],
      [since?.offset ?? -1, since?.epoch ?? "", limit, freshEpoch()],
    );
    const [epoch, offset, complete, texts] = tuple(answer);
    const position = { epoch: String(epoch), offset: Number(offset) };
    const first = (since?.offset ?? 0) + 1;
    const publications = tuple(texts).map((text, index) => ({ offset: first + index, text: String(text) }));
    return { position, complete: complete === 1, publications };
  }

  #beginningOf(channel: string): string {
    return `${this.#prefix}beginning:{${bucketOf(channel)}}`;
  }
}

function bucketOf(channel: string): number {
  return Bun.hash.xxHash32(channel) % buckets;
}

function freshEpoch(): string {
  return Bun.randomUUIDv7("base64url");
}

function tuple(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("a Redis script gave no array");
}
