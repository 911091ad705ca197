import type { Fleet } from "../fleet.ts";

/** Rows deleted per statement: bounds how long other statements wait for it. */
const atOnce = 50;

/**
 * Deletes what is past its retention: ended sessions, with their commands and approvals; audit events;
 * expired tokens. Several instances may run it at once. @returns how many rows of each
 */
export async function deleteOld(
  fleet: Kept,
): Promise<Readonly<Record<"sessions" | "events" | "tokens", number>>> {
  const { keepSessionsMs, keepAuditMs } = fleet.limits;
  const nowMs = fleet.now();
  return {
    sessions: await repeatedly((limit) => deleteSessions(fleet, new Date(nowMs - keepSessionsMs), limit)),
    events: await repeatedly((limit) => deleteEvents(fleet, new Date(nowMs - keepAuditMs), limit)),
    tokens: await repeatedly((limit) => deleteTokens(fleet, new Date(nowMs - keepTokensMs), limit)),
  };
}

type Kept = Pick<Fleet, "sql" | "now" | "limits">;

/** Expired tokens are kept this long only for investigation; they are no longer accepted. */
const keepTokensMs = 7 * 86_400_000;

async function repeatedly(deleteSome: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = await deleteSome(atOnce);
    total += deleted;
    if (deleted < atOnce) return total;
  }
}

/** In the order of their ids, which grow with time, so that no further index is needed. */
async function deleteSessions({ sql }: Kept, before: Date, limit: number): Promise<number> {
  return await sql.transaction(async (transaction) => {
    const rows = await transaction.query<{ id: string }>(
      `select id from fleet_sessions where id < $1::uuid and ended_at < $2 order by id limit $3
        for update skip locked`,
      [firstIdOf(before), before, limit],
    );
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) return 0;
    await transaction.query("delete from fleet_commands where session_id = any($1::uuid[])", [ids]);
    await transaction.query("delete from fleet_approvals where session_id = any($1::uuid[])", [ids]);
    await transaction.query("delete from fleet_sessions where id = any($1::uuid[])", [ids]);
    return ids.length;
  });
}

/** Oldest first. The table itself refuses to delete younger ones, whatever this asks for. */
async function deleteEvents({ sql }: Kept, before: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from fleet_audit where id in
      (select id from (select id, at from fleet_audit order by id limit $2) as first where at < $1) returning id`,
    [before, limit],
  );
  return rows.length;
}

async function deleteTokens({ sql }: Kept, before: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from fleet_device_tokens where id in
      (select id from fleet_device_tokens where expires_at < $1 or revoked_at < $1 limit $2) returning id`,
    [before, limit],
  );
  return rows.length;
}

/** The smallest UUIDv7 of a moment (RFC 9562, section 5.7). */
function firstIdOf(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
