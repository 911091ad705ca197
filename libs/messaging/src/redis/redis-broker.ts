import { CartwayError } from "@libs/errors";
import type { Broker, HistoryOptions } from "../broker/broker.ts";
import { LocalListeners } from "../broker/local-listeners.ts";
import { defaultHistory } from "../broker/memory-broker.ts";
import type { RedisRole } from "./connect-redis.ts";
import type { RedisConnection } from "./lua-script.ts";
import { LocalDeliveries } from "./local-deliveries.ts";
import { watchLink } from "./redis-link.ts";
import { RedisHistory } from "./redis-history.ts";
import { RedisLeases } from "./redis-leases.ts";
import { RedisPresence } from "./redis-presence.ts";
import { RedisSubscriptions } from "./redis-subscriptions.ts";

export interface RedisBrokerOptions {
  /** Called once per role: a connection with subscriptions accepts no other commands. `connectRedis` has the right settings. */
  readonly connect: (role: RedisRole) => RedisConnection;
  /** Prefix of all keys and channels; `cartway:hub:` by default. */
  readonly prefix?: string;
  /** Uses sharded pub/sub (Redis 7): in a cluster, a message then only reaches the nodes of its slot. */
  readonly sharded?: boolean;
  readonly history?: HistoryOptions | null;
  /** Milliseconds without any answer after which a connection is replaced; 5,000 by default. */
  readonly silenceMs?: number;
  /** How long after its last heartbeat an instance counts as dead; 15 s by default. */
  readonly instanceLeaseMs?: number;
  readonly onError: (error: unknown) => void;
}

/** The broker for several instances, on Redis 6.2 or newer (7 if sharded). */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  const { connect, prefix = "cartway:hub:", sharded = false, instanceLeaseMs = 15_000, onError } = options;
  const { silenceMs = 5000 } = options;
  const defaults = options.history === undefined ? defaultHistory : options.history;
  const instanceId = Bun.randomUUIDv7("base64url");
  const redis = connect("commands");
  const subscriber = connect("subscriptions");
  const listeners = new LocalListeners(onError);
  const log = new RedisHistory({ redis, prefix, sharded });
  const local = new LocalDeliveries({ instanceId });
  const subscriptions = new RedisSubscriptions({
    redis: subscriber,
    sharded,
    names: log,
    listeners,
    deliver({ publication, mark }) {
      if (mark === null || local.hear(publication.channel, mark)) listeners.deliver(publication);
    },
  });
  const link = watchLink({ redis, subscriber, silenceMs, onError, restore: () => subscriptions.restore() });
  const settle = (update: Promise<void>): Promise<void> => update.catch((error) => link.renew(error));
  /** Resolves when the server has the channel's current subscription state, or is unreachable until the next reconnect. */
  const update = (channel: string) => settle(subscriptions.update(channel));

  return {
    instanceId,
    get state() {
      return link.state();
    },
    presence: failingClearly(new RedisPresence({ redis, prefix, instanceId, leaseMs: instanceLeaseMs })),
    leases: failingClearly(new RedisLeases({ redis, prefix })),
    async subscribe(channel, listener) {
      listeners.add(channel, listener);
      await update(channel);
    },
    async unsubscribe(channel, listener) {
      if (listeners.remove(channel, listener)) await update(channel);
    },
    async publish(channel, text, { history = defaults, idempotencyKey } = {}) {
      const mark = local.mark(idempotencyKey);
      if (history === null) local.begin(channel, mark);
      try {
        const position = await log.publish({ channel, text, history, idempotencyKey, mark });
        if (history === null) local.succeed(channel, mark);
        return { position, reach: "all" };
      } catch (error) {
        if (history !== null) throw unavailable(error);
        if (local.fail(channel, mark)) listeners.deliver({ channel, text, position: null });
        return { position: null, reach: "local" };
      }
    },
    history: (channel, since, limit) =>
      log.read(channel, since, limit).catch((error) => Promise.reject(unavailable(error))),
    onState: (watcher) => link.onState(watcher),
    async close() {
      link.close();
      await Promise.allSettled([redis.quit(), subscriber.quit()]);
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}

function unavailable(cause: unknown): CartwayError {
  return new CartwayError("store_unavailable", { cause, internal: `hub broker: ${String(cause)}` });
}

/** Wraps an object so that anything the Redis client throws becomes `store_unavailable`. */
function failingClearly<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...args: readonly unknown[]) => {
        try {
          return await Reflect.apply(member, target, args);
        } catch (error) {
          throw unavailable(error);
        }
      };
    },
  });
}
