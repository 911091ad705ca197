import type { Position } from "../protocol/frame.ts";
import type { HistoryOptions, HistoryRead } from "../broker/broker.ts";
import { idempotencyMs } from "../broker/memory-broker.ts";
import { publishScript, readScript } from "./history-scripts.ts";
import type { RedisConnection } from "./lua-script.ts";

/** Channels are distributed over this many cluster slots; empty channels take one key per bucket. */
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
  /** Takes the place of the epoch in messages without history. Without spaces. */
  readonly mark: string;
}

/**
 * Channel history on Redis: per channel a position (epoch and last offset), and a stream whose entry ids are the offsets. Neither exists
 * before the first publication: reading leaves nothing behind.
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

  /** The pub/sub name of a channel; it shares one cluster slot with the channel's keys. */
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
