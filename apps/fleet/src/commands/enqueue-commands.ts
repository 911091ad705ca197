import type { Fleet } from "../fleet.ts";

interface OpenCommandRow {
  readonly id: string;
  readonly device_id: string;
  readonly priority: number;
  readonly created_at: Date;
  readonly deadline_at: Date;
  readonly attempts_max: number;
  readonly attempts: number;
  readonly claimed_until: Date | null;
}

const columns = "id, device_id, priority, created_at, deadline_at, attempts_max, attempts, claimed_until";

/** Commands brought into the queue at once. */
const atOnce = 1000;

/** Which commands to look at: those of one session, or all. */
export interface EnqueueScope {
  readonly sessionId?: string;
}

/**
 * Brings commands that are to be executed into the queue: those that have just been asked for or approved, those that an
 * instance left behind when it died before it came to that, and all that a queue has lost. What is recorded says in which
 * epoch of the queue a command was put there; one of another epoch is put again, with the claim that it has.
 *
 * @returns how many were put; fewer than `atOnce` where none is left
 */
export async function enqueueCommands(fleet: Fleet, scope: EnqueueScope = {}): Promise<number> {
  const { sql, queue } = fleet;
  // asked before the put: an epoch that ends in between leaves a mark that counts for nothing
  const epoch = await queue.epoch();
  const rows = await findMissing(fleet, epoch, scope);
  if (rows.length === 0) return 0;
  await queue.put(
    rows.map((row) => ({
      commandId: row.id,
      deviceId: row.device_id,
      priority: row.priority,
      createdAtMs: row.created_at.getTime(),
      deadlineMs: row.deadline_at.getTime(),
      attemptsMax: row.attempts_max,
      attempts: row.attempts,
      hiddenUntilMs: row.claimed_until?.getTime() ?? 0,
    })),
  );
  await sql.query(
    "update fleet_commands set enqueued_epoch = $1 where id = any($2::uuid[])",
    [epoch, rows.map((row) => row.id)],
    { prepareAs: "fleet_mark_enqueued" },
  );
  for (const deviceId of new Set(rows.map((row) => row.device_id))) {
    fleet.wakeups.wake(deviceId);
    fleet.live.commandsWaiting(deviceId);
  }
  return rows.length;
}

/** Brings everything that is missing into the queue. */
export async function restoreQueue(fleet: Fleet): Promise<void> {
  while ((await enqueueCommands(fleet)) === atOnce);
}

async function findMissing(
  { sql }: Fleet,
  epoch: string,
  { sessionId }: EnqueueScope,
): Promise<readonly OpenCommandRow[]> {
  const isOpen = "status in ('queued', 'claimed')";
  if (sessionId !== undefined) {
    return await sql.query<OpenCommandRow>(
      `select ${columns} from fleet_commands where session_id = $1 and ${isOpen} and enqueued_epoch is null
        order by position`,
      [sessionId],
      { prepareAs: "fleet_missing_of_session" },
    );
  }
  // two ranges of the index instead of all open commands
  return await sql.query<OpenCommandRow>(
    `select ${columns} from fleet_commands
      where ${isOpen} and (enqueued_epoch is null or enqueued_epoch < $1 or enqueued_epoch > $1) limit $2`,
    [epoch, atOnce],
    { prepareAs: "fleet_missing" },
  );
}
