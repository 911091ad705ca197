import type { HubConfig } from "./schema.ts";

export interface WithinListener {
  /** The config with its limits capped to what the listener can hold now. */
  readonly config: HubConfig;
  /** Names of the limits that take effect only after a restart. */
  readonly waiting: readonly string[];
}

/**
 * A listener's own limits are fixed when it opens, and a new listener would drop every connection: larger frames and queues, and a
 * different `idleMs`, take effect after a restart, smaller ones at once.
 */
export function withinListener(next: HubConfig, listener: HubConfig["limits"]): WithinListener {
  const { limits } = next;
  const possible = {
    frameBytesMax: Math.min(limits.frameBytesMax, listener.frameBytesMax),
    queueBytesMax: Math.min(limits.queueBytesMax, listener.queueBytesMax),
    idleMs: listener.idleMs,
  };
  const waiting = (["frameBytesMax", "queueBytesMax", "idleMs"] as const).filter(
    (name) => possible[name] !== limits[name],
  );
  return { config: { ...next, limits: { ...limits, ...possible } }, waiting };
}
