import type { BrokerState } from "../broker/broker.ts";
import type { RedisConnection } from "./lua-script.ts";

interface LinkParts {
  readonly redis: RedisConnection;
  readonly subscriber: RedisConnection;
  /** A connection that answers nothing for so long is made anew. */
  readonly silenceMs: number;
  readonly restore: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

interface Link {
  state(): BrokerState;
  onState(listener: (state: BrokerState) => void): () => void;
  /** Subscriptions could not be changed: a connection that stands nevertheless is given up for another, on which all are made anew. */
  renew(error: unknown): void;
  close(): void;
}

/** `up` when both connections stand, answer, and every subscription is in force again. */
export function watchLink({ redis, subscriber, silenceMs, restore, onError }: LinkParts): Link {
  const watchers = new Set<(state: BrokerState) => void>();
  let state: BrokerState = "down";
  let closed = false;

  function change(next: BrokerState): void {
    if (state === next || closed) return;
    state = next;
    for (const watcher of watchers) watcher(next);
  }
  async function settle(): Promise<void> {
    if (closed || redis.status !== "ready" || subscriber.status !== "ready") return;
    try {
      await restore();
      if (redis.status === "ready" && subscriber.status === "ready") change("up");
    } catch (error) {
      renew(error);
    }
  }
  function renew(error: unknown): void {
    if (closed || subscriber.status !== "ready") return;
    onError(error);
    subscriber.disconnect(true);
  }
  for (const connection of [redis, subscriber]) {
    connection.on("ready", () => void settle());
    connection.on("close", () => change("down"));
    connection.on("error", (error) => {
      if (state === "up") onError(error);
      change("down");
    });
  }
  const listening = setInterval(() => {
    for (const connection of [redis, subscriber]) void probe(connection, silenceMs);
  }, silenceMs);
  return {
    state: () => state,
    onState(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
    renew,
    close() {
      closed = true;
      clearInterval(listening);
    },
  };
}

/**
 * A network that went away says nothing: one who only listens would hear nothing for hours, and believe that there was nothing. What
 * else a ping can fail for, the connection tells itself.
 */
async function probe(connection: RedisConnection, silenceMs: number): Promise<void> {
  if (connection.status !== "ready") return;
  const timer = setTimeout(() => connection.disconnect(true), silenceMs);
  await connection.ping().catch(() => undefined);
  clearTimeout(timer);
}
