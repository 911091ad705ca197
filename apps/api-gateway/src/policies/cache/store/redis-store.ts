import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { urlOfKey } from "../cache-key.ts";
import { type StoredResponse, usefulUntil } from "../stored-response.ts";
import {
  isPurged,
  type PurgeAddress,
  type ResponseStore,
  type SelectVariant,
  type StoredVariant,
  variantsMax,
} from "./response-store.ts";

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** Prefix of every key: `cartway:cache:shop:` */
  readonly prefix: string;
  readonly now: () => number;
}

/**
 * One hash an address: the header names by which its answers differ, and a field a variant. Changed in one step. It lives as
 * long as its last answer is of use; what Redis may take up in all is Redis' own setting (maxmemory).
 */
const putScript = `
local names = redis.call("HGET", KEYS[1], "names")
if names and names ~= ARGV[1] then redis.call("DEL", KEYS[1]) end
if redis.call("HLEN", KEYS[1]) > tonumber(ARGV[4]) then redis.call("DEL", KEYS[1]) end
redis.call("HSET", KEYS[1], "names", ARGV[1], ARGV[2], ARGV[3])
local left = redis.call("PTTL", KEYS[1])
if left < tonumber(ARGV[5]) then redis.call("PEXPIRE", KEYS[1], ARGV[5]) end
return 1
`;

const scanCount = 1000;

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
    const variant = names === "" ? "" : select(names.split(","));
    const bytes = await redis.hgetBuffer(address, fieldOf(names, variant));
    const stored = bytes === null ? null : decode(bytes);
    return stored === null || usefulUntil(stored) <= now() ? null : stored;
  }

  async put(key: string, { names, variant, response }: StoredVariant): Promise<void> {
    const { redis, now } = this.#options;
    const leftMs = Math.ceil(usefulUntil(response) - now());
    if (leftMs <= 0) return;
    const listed = names.join(",");
    const field = fieldOf(listed, variant);
    const values = [listed, field, encode(response), variantsMax, leftMs];
    await redis.eval(putScript, 1, this.#addressOf(key), ...values);
  }

  async delete(key: string): Promise<void> {
    await this.#options.redis.unlink(this.#addressOf(key));
  }

  async purge(address: PurgeAddress): Promise<number> {
    const { redis, prefix } = this.#options;
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
    return this.#options.prefix + key;
  }
}

/** Includes the names, which may change between the two reads of `get`. */
function fieldOf(names: string, variant: string): string {
  return `v:${createHash("sha256").update(`${names}\n${variant}`).digest("base64url")}`;
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
