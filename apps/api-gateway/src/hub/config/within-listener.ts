import type { HubConfig } from "./schema.ts";

export interface WithinListener {
  /** As it can be in force now: no client is told of more than the listener bears. */
  readonly config: HubConfig;
  /** Limits that are in force only after the next start. */
  readonly waiting: readonly string[];
}

/**
 * What a listener was opened with cannot change while it stands, and a new listener would cost every connection: larger frames
 * and queues, and another `idleMs`, wait for the next start. Smaller ones are in force at once.
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
