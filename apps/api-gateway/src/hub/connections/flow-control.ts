import type { Connection } from "./connection.ts";

/**
 * Counts a frame as unanswered, and stops reading from a client that has `pendingMax` of them, or `pendingBytesMax` bytes.
 *
 * @param bytes that the hub holds for it until it is answered
 */
export function frameStarted(connection: Connection, bytes: number): void {
  connection.pending += 1;
  connection.pendingBytes += bytes;
  if (connection.isPaused || !hasTooMuchPending(connection)) return;
  connection.isPaused = true;
  connection.socket?.pause();
}

/**
 * Counts a frame as answered, and resumes reading once half of the client's frames are. MUST be called exactly once for every
 * `frameStarted`, whatever the frame's outcome, because any of them may be the last.
 */
export function frameDone(connection: Connection, bytes: number): void {
  connection.pending -= 1;
  connection.pendingBytes -= bytes;
  const { pendingMax, pendingBytesMax } = connection.slot.current.limits;
  if (!connection.isPaused || connection.pending > pendingMax / 2) return;
  if (connection.pendingBytes > pendingBytesMax / 2) return;
  connection.isPaused = false;
  connection.socket?.resume();
}

/** Whether further frames must be refused until some are answered. */
export function hasTooMuchPending({ pending, pendingBytes, slot }: Connection): boolean {
  const { pendingMax, pendingBytesMax } = slot.current.limits;
  return pending >= pendingMax || pendingBytes >= pendingBytesMax;
}
