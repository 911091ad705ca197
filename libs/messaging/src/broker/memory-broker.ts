import type { Position } from "../protocol/frame.ts";
import type { Broker, HistoryOptions, PublishOptions, PublishReceipt } from "./broker.ts";
import { LocalListeners } from "./local-listeners.ts";
import { MemoryHistory } from "./memory-history.ts";
import { MemoryLeases } from "./memory-leases.ts";
import { MemoryPresence } from "./memory-presence.ts";

export interface MemoryBrokerOptions {
  readonly now?: () => number;
  /** The default for publications; 100 for 10 minutes if absent. */
  readonly history?: HistoryOptions | null;
  /** Bound on channels whose position is remembered; 100,000 by default. */
  readonly channelsMax?: number;
  /** Receives errors thrown by listeners. */
  readonly onError?: (error: unknown) => void;
}

export const defaultHistory: HistoryOptions = { sizeMax: 100, ttlMs: 600_000 };

/** How long idempotency keys are remembered, and how many. */
export const idempotencyMs = 300_000;
const idempotencyKeysMax = 100_000;

/** A broker for a single instance: needs no server, and every call takes effect before it returns. */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): Broker {
  const { now = Date.now, history = defaultHistory, channelsMax = 100_000, onError = reportError } = options;
  const listeners = new LocalListeners(onError);
  const log = new MemoryHistory(channelsMax, now);
  const keys = new Map<string, { readonly position: Position | null; readonly until: number }>();
  // reused, because a new iterator would first skip all deleted entries, which took longer than the rest of a publication
  const oldestFirst = keys.keys();

  function remember(key: string, position: Position | null): void {
    keys.set(key, { position, until: now() + idempotencyMs });
    if (keys.size <= idempotencyKeysMax) return;
    const oldest = oldestFirst.next().value;
    if (oldest !== undefined) keys.delete(oldest);
  }

  async function publish(
    channel: string,
    text: string,
    options: PublishOptions = {},
  ): Promise<PublishReceipt> {
    const key = options.idempotencyKey === undefined ? null : `${channel} ${options.idempotencyKey}`;
    const known = key === null ? undefined : keys.get(key);
    if (known !== undefined && known.until > now()) return { position: known.position, reach: "all" };
    const kept = options.history === undefined ? history : options.history;
    const position = kept === null ? null : log.append(channel, text, kept);
    if (key !== null) remember(key, position);
    listeners.deliver({ channel, text, position });
    return { position, reach: "all" };
  }

  return {
    instanceId: Bun.randomUUIDv7("base64url"),
    state: "up",
    presence: new MemoryPresence(),
    leases: new MemoryLeases(now),
    publish,
    async subscribe(channel, listener) {
      listeners.add(channel, listener);
    },
    async unsubscribe(channel, listener) {
      listeners.remove(channel, listener);
    },
    async history(channel, since, limit) {
      return log.read(channel, since, limit);
    },
    onState: () => () => {},
    async close() {},
  };
}
