import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { urlOfKey } from "../cache-key.ts";
import { type StoredResponse, usefulUntil } from "../stored-response.ts";
import {
  isPurged,
  type PendingAnswer,
  type PurgeAddress,
  type ResponseStore,
  type SelectVariant,
  type StoredVariant,
  variantsMax,
} from "./response-store.ts";

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** Of the cache: stores with the same name are one. */
  readonly name: string;
  readonly now: () => number;
}

/**
 * One hash an address: the header names by which its answers differ, and a field a variant. Changed in one step. It lives as
 * long as its last answer is of use; what Redis may take up in all is Redis' own setting (maxmemory). Nothing is stored if the last change of the
 * address, or the last purge of the cache, is another one than when the answer was asked for.
 */
const putScript = `
if (redis.call("GET", KEYS[2]) or "") ~= ARGV[6] or (redis.call("GET", KEYS[3]) or "") ~= ARGV[7] then return 0 end
local names = redis.call("HGET", KEYS[1], "names")
if names and names ~= ARGV[1] then redis.call("DEL", KEYS[1]) end
if redis.call("HLEN", KEYS[1]) > tonumber(ARGV[4]) then redis.call("DEL", KEYS[1]) end
redis.call("HSET", KEYS[1], "names", ARGV[1], ARGV[2], ARGV[3])
local left = redis.call("PTTL", KEYS[1])
if left < tonumber(ARGV[5]) then redis.call("PEXPIRE", KEYS[1], ARGV[5]) end
return 1
`;

const scanCount = 1000;

/** How long changes and purges are remembered. Twice as long as an answer may take: none comes after what it missed is forgotten. */
const changesKeptMs = 600_000;
const answerTakesMaxMs = changesKeptMs / 2;

interface Asked {
  readonly key: string;
  readonly askedAt: number;
  /** Marks of the last change of the address and of the last purge; empty for none. */
  readonly changed: string;
  readonly purged: string;
}

/** In Redis, for all instances. */
export class RedisStore implements ResponseStore {
  readonly #options: RedisStoreOptions;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
  }

  async get(key: string, select: SelectVariant): Promise<StoredResponse | null> {
    const { redis, now } = this.#options;
    const address = this.#addressOf(key);
    const names = await redis.hget(address, "names");
    if (names === null) return null;
    const variant = select(names === "" ? [] : names.split(","));
    const bytes = await redis.hgetBuffer(address, fieldOf(names, variant));
    const stored = bytes === null ? null : decode(bytes);
    return stored === null || usefulUntil(stored) <= now() ? null : stored;
  }

  async begin(key: string): Promise<PendingAnswer> {
    const { redis, now } = this.#options;
    const askedAt = now();
    const [changed, purged] = await redis.mget(this.#changeOf(key), this.#purgeKey);
    const asked: Asked = { key, askedAt, changed: changed ?? "", purged: purged ?? "" };
    return { store: (answer) => this.#put(asked, answer), end: () => undefined };
  }

  async #put({ key, askedAt, ...marks }: Asked, { names, variant, response }: StoredVariant): Promise<void> {
    const { redis, now } = this.#options;
    const leftMs = Math.ceil(usefulUntil(response) - now());
    if (leftMs <= 0 || now() - askedAt > answerTakesMaxMs) return;
    const listed = names.join(",");
    const keys = [this.#addressOf(key), this.#changeOf(key), this.#purgeKey];
    const entry = [listed, fieldOf(listed, variant), encode(response), variantsMax, leftMs];
    await redis.eval(putScript, keys.length, ...keys, ...entry, marks.changed, marks.purged);
  }

  async delete(key: string): Promise<void> {
    await this.#options.redis.unlink(this.#addressOf(key));
  }

  async invalidate(key: string): Promise<void> {
    const { redis } = this.#options;
    const mark = crypto.randomUUID();
    await redis
      .multi()
      .set(this.#changeOf(key), mark, "PX", changesKeptMs)
      .unlink(this.#addressOf(key))
      .exec();
  }

  /** Outdates every answer of the cache that is being asked for: tenants, and addresses that are not stored, are not known here. */
  async purge(address: PurgeAddress): Promise<number> {
    const { redis } = this.#options;
    const prefix = this.#addressOf("");
    await redis.set(this.#purgeKey, crypto.randomUUID(), "PX", changesKeptMs);
    const start = "url" in address ? address.url : address.prefix;
    const pattern = `${escapeGlob(prefix)}*${escapeGlob(start)}*`;
    let purged = 0;
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", scanCount);
      const matching = keys.filter((key) => isPurged(urlOfKey(key.slice(prefix.length)), address));
      if (matching.length > 0) purged += await redis.unlink(...matching);
      cursor = next;
    } while (cursor !== "0");
    return purged;
  }

  close(): void {
    // The connection belongs to the caller, and the entries to all instances.
  }

  #addressOf(key: string): string {
    return `cartway:cache:${this.#options.name}:${key}`;
  }

  /** Digested: callers choose how long an address is. */
  #changeOf(key: string): string {
    return `cartway:cache-change:${this.#options.name}:${digestOf(key)}`;
  }

  get #purgeKey(): string {
    return `cartway:cache-purge:${this.#options.name}`;
  }
}

/** Includes the names, which may change between the two reads of `get`. */
function fieldOf(names: string, variant: string): string {
  return `v:${digestOf(`${names}\n${variant}`)}`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}

/** Four bytes of the head's length, the head as JSON, the body as it is. */
function encode({ body, ...head }: StoredResponse): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.byteLength);
  return Buffer.concat([length, text, body]);
}

/** `null` for what another version wrote. */
function decode(bytes: Buffer): StoredResponse | null {
  if (bytes.byteLength < 4) return null;
  const end = 4 + bytes.readUInt32BE(0);
  const head: unknown = JSON.parse(bytes.toString("utf8", 4, end));
  return isHead(head) ? { ...head, body: bytes.subarray(end) } : null;
}

function isHead(value: unknown): value is Omit<StoredResponse, "body"> {
  if (typeof value !== "object" || value === null) return false;
  const numbers = [
    "status",
    "receivedAt",
    "initialAgeMs",
    "freshMs",
    "staleWhileRevalidateMs",
    "staleIfErrorMs",
  ];
  return (
    numbers.every((name) => typeof Reflect.get(value, name) === "number") &&
    Array.isArray(Reflect.get(value, "headers"))
  );
}
