import type { Connection } from "./connection.ts";

/** Counts a frame as unanswered, and stops reading from a client that has `pendingMax` of them. */
export function frameStarted(connection: Connection): void {
  connection.pending += 1;
  if (connection.isPaused || connection.pending < connection.slot.current.limits.pendingMax) return;
  connection.isPaused = true;
  connection.socket?.pause();
}

/**
 * Counts a frame as answered, and resumes reading once half of the client's frames are. MUST be called once for every `frameStarted`,
 * whatever became of the frame: any of them may be the last one out.
 */
export function frameDone(connection: Connection): void {
  connection.pending -= 1;
  if (!connection.isPaused || connection.pending > connection.slot.current.limits.pendingMax / 2) return;
  connection.isPaused = false;
  connection.socket?.resume();
}
