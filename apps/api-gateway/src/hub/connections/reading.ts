import type { Connection } from "./connection.ts";

/** A frame is on its way; a client with too many of them is read no further. */
export function takeOn(connection: Connection): void {
  connection.pending += 1;
  if (connection.isPaused || connection.pending < connection.slot.current.limits.pendingMax) return;
  connection.isPaused = true;
  connection.socket?.pause();
}

/**
 * A frame is done, of whatever kind: reading goes on once half of the client's frames were answered. Every frame that counts MUST end
 * here: the last one may be another than the one that stopped the reading.
 */
export function letGo(connection: Connection): void {
  connection.pending -= 1;
  if (!connection.isPaused || connection.pending > connection.slot.current.limits.pendingMax / 2) return;
  connection.isPaused = false;
  connection.socket?.resume();
}
