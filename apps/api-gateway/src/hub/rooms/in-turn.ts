import type { Connection } from "../connections/connection.ts";

/**
 * Joins and leaves of one room by one connection happen one after the other, in the order of its frames: a client that leaves while its
 * join still waits for a service or the broker would otherwise be told that it is not in the room, and then be in it.
 */
export async function inTurn(connection: Connection, room: string, work: () => Promise<void>): Promise<void> {
  const turns = (connection.roomTurns ??= new Map<string, Promise<void>>());
  const before = turns.get(room);
  const mine = before === undefined ? work() : before.then(work, work);
  turns.set(room, mine);
  try {
    await mine;
  } finally {
    if (turns.get(room) === mine) turns.delete(room);
    if (turns.size === 0 && connection.roomTurns === turns) connection.roomTurns = null;
  }
}
