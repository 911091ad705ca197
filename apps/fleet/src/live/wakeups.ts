import type { Broker, PublicationListener } from "@libs/messaging";

/** Wakes requests that wait for a device's commands, on any instance of the fleet. */
export interface Wakeups {
  /** Subscribes to the other instances. */
  start(): Promise<void>;
  /** There are commands to claim. */
  wake(deviceId: string): void;
  /** Resolves when the device is woken, the time is over, or the caller has disconnected: the caller looks again in any case. */
  wait(
    deviceId: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
  close(): Promise<void>;
}

const channel = "fleet:wakeups";

/** Through the broker that the instances share; in process where the hub's is. */
export function createWakeups(broker: Pick<Broker, "publish" | "subscribe" | "unsubscribe"> | null): Wakeups {
  const waiting = new Map<string, Set<() => void>>();
  const wakeHere = (deviceId: string): void => {
    for (const wake of waiting.get(deviceId) ?? []) wake();
  };
  const listener: PublicationListener = { publication: ({ text }) => wakeHere(text) };

  return {
    async start() {
      await broker?.subscribe(channel, listener);
    },
    wake(deviceId) {
      wakeHere(deviceId);
      // a lost wakeup is made up for by the next look
      broker?.publish(channel, deviceId, { history: null }).catch(() => undefined);
    },
    wait(deviceId, { timeoutMs, signal }) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const own = waiting.get(deviceId) ?? new Set();
      waiting.set(deviceId, own.add(resolve));
      const timer = setTimeout(resolve, timeoutMs);
      signal.addEventListener("abort", () => resolve(), { once: true });
      return promise.finally(() => {
        clearTimeout(timer);
        own.delete(resolve);
        if (own.size === 0 && waiting.get(deviceId) === own) waiting.delete(deviceId);
      });
    },
    async close() {
      for (const own of waiting.values()) for (const wake of own) wake();
      await broker?.unsubscribe(channel, listener);
    },
  };
}
