import type { Fleet } from "../fleet.ts";

/** A command that waits to be claimed. */
export interface WaitingCommand {
  readonly id: string;
  readonly kind: string;
  readonly version: number;
  readonly priority: number;
  readonly deadlineAt: string;
}

export interface WaitingOptions {
  readonly deviceId: string;
  readonly max: number;
  /** How long to wait for the first one; 0 answers at once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Interval of further looks while waiting, in case a wakeup was lost. */
const lookAgainMs = 10_000;

/** What the device could claim now, highest priority first; if there is nothing, waits until there is. Claims nothing. */
export async function waitingCommands(
  fleet: Fleet,
  options: WaitingOptions,
): Promise<readonly WaitingCommand[]> {
  const { deviceId, waitMs, signal } = options;
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    await fleet.statuses.requireActive(deviceId);
    const leftMs = giveUpAt - performance.now();
    // registered before looking, so that a command arriving in between wakes it
    const looking = new AbortController();
    const woken = fleet.wakeups.wait(deviceId, {
      timeoutMs: Math.max(0, Math.min(leftMs, lookAgainMs)),
      signal: AbortSignal.any([signal, looking.signal]),
    });
    const found = await look(fleet, options).finally(() => {
      if (leftMs <= 0) looking.abort();
    });
    if (found.length > 0) fleet.feeder.told(deviceId);
    if (found.length > 0 || leftMs <= 0 || signal.aborted) {
      looking.abort();
      return found;
    }
    await woken;
  }
}

interface WaitingRow {
  readonly id: string;
  readonly kind: string;
  readonly version: number;
  readonly priority: number;
  readonly deadline_at: Date;
}

async function look(fleet: Fleet, { deviceId, max }: WaitingOptions): Promise<readonly WaitingCommand[]> {
  const rows = await fleet.sql.query<WaitingRow>(
    `select id, kind, version, priority, deadline_at from fleet_commands
      where device_id = $1 and is_open and deadline_at > $2
        and (status = 'queued' or (claimed_until <= $2 and attempts < attempts_max))
      order by priority desc, created_at, id limit $3`,
    [deviceId, new Date(fleet.now()), max],
    { prepareAs: "fleet_waiting_commands" },
  );
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    version: row.version,
    priority: row.priority,
    deadlineAt: row.deadline_at.toISOString(),
  }));
}
