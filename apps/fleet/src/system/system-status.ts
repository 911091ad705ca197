import type { Sql } from "@libs/database";

export interface SystemStatus {
  /** How many of the customer's devices are in each state. */
  readonly devices: Readonly<Record<string, number>>;
  readonly devicesOnline: number;
  /** Sessions of the last 30 days by status. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Commands of the last 30 days by status. */
  readonly commands: Readonly<Record<string, number>>;
  /** Seconds that the oldest claimable command has waited; `null` where none waits. */
  readonly oldestWaitingSeconds: number | null;
}

interface CountRow {
  readonly status: string;
  readonly count: number;
  readonly online: number;
  readonly oldest: Date | null;
}

const windowMs = 30 * 86_400_000;

/** The state of a customer's fleet as a whole. */
export async function systemStatus(sql: Sql, customerId: string, nowMs: number): Promise<SystemStatus> {
  const since = new Date(nowMs - windowMs);
  const [devices, sessions, commands] = await Promise.all([
    sql.query<CountRow>(
      `select status, count(*) as count, count(*) filter (where online) as online
        from fleet_devices where customer_id = $1 group by status`,
      [customerId],
    ),
    sql.query<CountRow>(
      `select status, count(*) as count from fleet_sessions
        where customer_id = $1 and created_at > $2 group by status`,
      [customerId, since],
    ),
    sql.query<CountRow>(
      `select status, count(*) as count, min(created_at) filter (where status = 'queued') as oldest
        from fleet_commands where customer_id = $1 and created_at > $2 group by status`,
      [customerId, since],
    ),
  ]);
  const oldest = commands.find((row) => row.oldest !== null)?.oldest ?? null;
  return {
    devices: counts(devices),
    devicesOnline: devices.reduce((sum, row) => sum + row.online, 0),
    sessions: counts(sessions),
    commands: counts(commands),
    oldestWaitingSeconds: oldest === null ? null : Math.max(0, (nowMs - oldest.getTime()) / 1000),
  };
}

function counts(rows: readonly CountRow[]): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [row.status, row.count]));
}
