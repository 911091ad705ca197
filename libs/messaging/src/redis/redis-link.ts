import type { BrokerState } from "../broker/broker.ts";
import type { RedisConnection } from "./lua-script.ts";

interface LinkParts {
  readonly redis: RedisConnection;
  readonly subscriber: RedisConnection;
  /** How long a connection may stay silent before it is replaced. */
  readonly silenceMs: number;
  readonly restore: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

interface Link {
  state(): BrokerState;
  onState(listener: (state: BrokerState) => void): () => void;
  /** Subscriptions could not be changed: replaces the connection, even if it is open, and subscribes again. */
  renew(error: unknown): void;
  close(): void;
}

/** Reports `up` when both connections are open and answer, and every subscription is active again. */
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
 * Detects a silent network failure: a connection that only listens would otherwise receive nothing for hours without noticing. All other
 * failures are reported by the connection itself.
 */
async function probe(connection: RedisConnection, silenceMs: number): Promise<void> {
  if (connection.status !== "ready") return;
  const timer = setTimeout(() => connection.disconnect(true), silenceMs);
  await connection.ping().catch(() => undefined);
  clearTimeout(timer);
}
