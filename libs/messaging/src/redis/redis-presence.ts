import type { Presence, PresenceList, PresenceMember } from "../broker/broker.ts";
import { LuaScript, type RedisConnection } from "./lua-script.ts";

/**
 * Extends an instance's lease, by the server's clock. @returns 1 where it was unknown or had expired: others may have removed its members,
 * or some of them
 */
const showScript = new LuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if lease and tonumber(lease) > now then return 0 end
return 1
`);

const expiredScript = new LuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 4)
`);

type Orphan = { readonly channel: string; readonly member: PresenceMember };

const restoredAtOnce = 500;

export interface RedisPresenceOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly instanceId: string;
  readonly leaseMs: number;
}

/**
 * Presence on Redis: one hash per channel, and one lease per instance. Only the lease is renewed, so that a heartbeat takes one command,
 * not one per member.
 */
export class RedisPresence implements Presence {
  readonly #options: RedisPresenceOptions;
  readonly #instances: string;
  /** This instance's members, to be restored on a server that lost them or declared the instance dead. */
  readonly #own = new Map<string, Map<string, PresenceMember>>();
  /** Own members whose removal failed. `reap` returns them, and retries. */
  readonly #departed = new Map<string, Orphan>();

  /** A write may have been lost: the next heartbeat restores all members. */
  #isUnsure = false;
  /** Members are being restored, which with many takes longer than a heartbeat's interval. */
  #isRestoring = false;

  constructor(options: RedisPresenceOptions) {
    this.#options = options;
    this.#instances = `${options.prefix}instances`;
  }

  async join(channel: string, member: PresenceMember): Promise<boolean> {
    const own = this.#own.get(channel) ?? new Map<string, PresenceMember>();
    this.#own.set(channel, own);
    own.set(member.connectionId, member);
    this.#departed.delete(keyOf(channel, member.connectionId));
    try {
      return await this.#put(channel, member);
    } catch (error) {
      this.#isUnsure = true;
      throw error;
    }
  }

  async leave(channel: string, connectionId: string): Promise<boolean> {
    const own = this.#own.get(channel);
    const member = own?.get(connectionId);
    own?.delete(connectionId);
    if (own?.size === 0) this.#own.delete(channel);
    try {
      return await this.#take(channel, connectionId);
    } catch (error) {
      if (member !== undefined) this.#departed.set(keyOf(channel, connectionId), { channel, member });
      throw error;
    }
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
    if (fresh === 1) this.#isUnsure = true;
    if (!this.#isUnsure || this.#isRestoring) return;
    this.#isRestoring = true;
    // cleared first: a failure during the restore sets it again, and the next heartbeat starts over
    this.#isUnsure = false;
    try {
      await this.#restore();
    } catch (error) {
      this.#isUnsure = true;
      throw error;
    } finally {
      this.#isRestoring = false;
    }
  }

  /** Restores all own members, in batches. Members that leave meanwhile are skipped. */
  async #restore(): Promise<void> {
    let putting: Promise<boolean>[] = [];
    for (const [channel, members] of this.#own) {
      for (const member of members.values()) {
        putting.push(this.#put(channel, member));
        if (putting.length < restoredAtOnce) continue;
        await Promise.all(putting);
        putting = [];
      }
    }
    await Promise.all(putting);
  }

  async reap(limit: number): Promise<readonly Orphan[]> {
    const { redis, instanceId } = this.#options;
    const orphans: Orphan[] = [];
    await this.#reapDeparted(limit, orphans);
    const expired = await expiredScript.run(redis, [this.#instances], []);
    for (const instance of Array.isArray(expired) ? expired.map(String) : []) {
      if (instance !== instanceId) await this.#reapInstance(instance, limit, orphans);
      if (orphans.length >= limit) return orphans;
    }
    return orphans;
  }

  async #reapDeparted(limit: number, orphans: Orphan[]): Promise<void> {
    for (const [key, { channel, member }] of this.#departed) {
      if (orphans.length >= limit) return;
      const isTaken = await this.#take(channel, member.connectionId);
      if (this.#departed.delete(key) && isTaken) orphans.push({ channel, member });
    }
  }

  async #reapInstance(instance: string, limit: number, orphans: Orphan[]): Promise<void> {
    const { redis } = this.#options;
    const key = this.#channelsOf(instance);
    for (;;) {
      const channels = await redis.srandmember(key, 100);
      for (const channel of channels) {
        await this.#reapChannel({ channel, instance, limit, orphans });
        if (orphans.length >= limit) return;
        await redis.srem(key, channel);
      }
      if (channels.length > 0) continue;
      await redis.zrem(this.#instances, instance);
      return;
    }
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

  /**
   * Writes the instance's channel list first, so that whoever reaps the instance finds every channel with a member of it. Both commands
   * are sent at once, so a concurrent `leave` arrives after them.
   */
  async #put(channel: string, member: PresenceMember): Promise<boolean> {
    const { redis, instanceId } = this.#options;
    const value = JSON.stringify([instanceId, member.userId]);
    const [, put] = await Promise.all([
      redis.sadd(this.#channelsOf(instanceId), channel),
      redis.hsetnx(this.#membersOf(channel), member.connectionId, value),
    ]);
    return put === 1;
  }

  /** Updates the channel list last, and not where somebody joined meanwhile. */
  async #take(channel: string, connectionId: string): Promise<boolean> {
    const { redis, instanceId } = this.#options;
    const taken = await redis.hdel(this.#membersOf(channel), connectionId);
    if (!this.#own.has(channel)) await redis.srem(this.#channelsOf(instanceId), channel);
    return taken === 1;
  }

  #membersOf(channel: string): string {
    return `${this.#options.prefix}presence:{${channel}}`;
  }

  #channelsOf(instance: string): string {
    return `${this.#options.prefix}instance:${instance}:channels`;
  }
}

/** Reads the first fields of a hash in steps, so as not to block the server. */
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

function keyOf(channel: string, connectionId: string): string {
  return `${channel} ${connectionId}`;
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
