import type { Presence, PresenceList, PresenceMember } from "../broker/broker.ts";
import { LuaScript, type RedisConnection } from "./lua-script.ts";

/** Shows an instance until now + lease by the server's clock. 1 where it was not known, or no longer. */
const showScript = new LuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
`);

const expiredScript = new LuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 4)
`);

type Orphan = { readonly channel: string; readonly member: PresenceMember };

export interface RedisPresenceOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly instanceId: string;
  readonly leaseMs: number;
}

/**
 * Presence on Redis: one hash a channel, and one lease for a whole instance. What is renewed is the instance and not its
 * members, so that a hundred thousand of them cost one command per heartbeat.
 */
export class RedisPresence implements Presence {
  readonly #options: RedisPresenceOptions;
  readonly #instances: string;
  /** What this instance put in: for a server that forgot it, or took the instance for dead. */
  readonly #own = new Map<string, Map<string, PresenceMember>>();

  constructor(options: RedisPresenceOptions) {
    this.#options = options;
    this.#instances = `${options.prefix}instances`;
  }

  async join(channel: string, member: PresenceMember): Promise<boolean> {
    const own = this.#own.get(channel) ?? new Map<string, PresenceMember>();
    this.#own.set(channel, own);
    if (own.has(member.connectionId)) return false;
    own.set(member.connectionId, member);
    return this.#put(channel, member);
  }

  async leave(channel: string, connectionId: string): Promise<boolean> {
    const { redis, instanceId } = this.#options;
    const own = this.#own.get(channel);
    own?.delete(connectionId);
    if (own?.size === 0) {
      this.#own.delete(channel);
      await redis.srem(this.#channelsOf(instanceId), channel);
    }
    return (await redis.hdel(this.#membersOf(channel), connectionId)) === 1;
  }

  async list(channel: string, limit: number): Promise<PresenceList> {
    const { redis } = this.#options;
    const key = this.#membersOf(channel);
    const [count, members] = await Promise.all([redis.hlen(key), firstOf(redis, key, limit)]);
    return { count, members: members.map(([id, value]) => memberOf(id, value)) };
  }

  async heartbeat(): Promise<void> {
    const { redis, instanceId, leaseMs } = this.#options;
    const fresh = await showScript.run(redis, [this.#instances], [instanceId, leaseMs]);
    if (fresh !== 1) return;
    for (const [channel, members] of this.#own) {
      for (const member of members.values()) await this.#put(channel, member);
    }
  }

  async reap(limit: number): Promise<readonly Orphan[]> {
    const { redis, instanceId } = this.#options;
    const expired = await expiredScript.run(redis, [this.#instances], []);
    const orphans: Orphan[] = [];
    for (const instance of Array.isArray(expired) ? expired.map(String) : []) {
      if (instance === instanceId) continue;
      for (const channel of await redis.srandmember(this.#channelsOf(instance), 100)) {
        await this.#reapChannel({ channel, instance, limit, orphans });
        if (orphans.length >= limit) return orphans;
        await redis.srem(this.#channelsOf(instance), channel);
      }
      if ((await redis.scard(this.#channelsOf(instance))) === 0) await redis.zrem(this.#instances, instance);
    }
    return orphans;
  }

  async #reapChannel(work: {
    channel: string;
    instance: string;
    limit: number;
    orphans: Orphan[];
  }): Promise<void> {
    const { redis } = this.#options;
    const key = this.#membersOf(work.channel);
    for (const [id, value] of await firstOf(redis, key, Number.POSITIVE_INFINITY)) {
      if (work.orphans.length >= work.limit) return;
      if (instanceOf(value) !== work.instance) continue;
      if ((await redis.hdel(key, id)) === 1)
        work.orphans.push({ channel: work.channel, member: memberOf(id, value) });
    }
  }

  /** The instance's list of channels first: whoever reaps it must find every channel that has a member of it. */
  async #put(channel: string, member: PresenceMember): Promise<boolean> {
    const { redis, instanceId } = this.#options;
    await redis.sadd(this.#channelsOf(instanceId), channel);
    const value = JSON.stringify([instanceId, member.userId]);
    return (await redis.hsetnx(this.#membersOf(channel), member.connectionId, value)) === 1;
  }

  #membersOf(channel: string): string {
    return `${this.#options.prefix}presence:{${channel}}`;
  }

  #channelsOf(instance: string): string {
    return `${this.#options.prefix}instance:${instance}:channels`;
  }
}

/** The first fields of a hash, read in steps that do not hold the server up. */
async function firstOf(
  redis: RedisConnection,
  key: string,
  limit: number,
): Promise<[id: string, value: string][]> {
  const found = new Map<string, string>();
  let cursor = "0";
  do {
    const [next, flat] = await redis.hscan(key, cursor, "COUNT", 500);
    cursor = next;
    for (let index = 0; index + 1 < flat.length; index += 2)
      found.set(flat[index] ?? "", flat[index + 1] ?? "");
  } while (cursor !== "0" && found.size < limit);
  return [...found.entries().take(limit)];
}

function instanceOf(value: string): string {
  const parsed: unknown = JSON.parse(value);
  return Array.isArray(parsed) ? String(parsed[0]) : "";
}

function memberOf(connectionId: string, value: string): PresenceMember {
  const parsed: unknown = JSON.parse(value);
  const userId: unknown = Array.isArray(parsed) ? parsed[1] : null;
  return { connectionId, userId: typeof userId === "string" ? userId : null };
}
