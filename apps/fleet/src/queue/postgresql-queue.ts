import type { Sql } from "@libs/database";
import type {
  ClaimRequest,
  CommandQueue,
  EntryKey,
  ExtendOutcome,
  ExtendRequest,
  QueueClaim,
  QueueEntry,
} from "./command-queue.ts";

/**
 * The queue in PostgreSQL, a server or the embedded engine. Claimers of one device skip the rows that others are claiming
 * this moment, and the index gives the first ones without looking at the rest.
 */
export function createPostgreSQLQueue(sql: Sql): CommandQueue {
  return {
    put: (entries) => put(sql, entries),
    claim: (request) => claim(sql, request),
    extend: (request) => extend(sql, request),
    remove: (keys) => remove(sql, keys),
    // what is committed is there after a restart
    epoch: () => Promise.resolve("durable"),
  };
}

const putText = `
  insert into fleet_queue
    (command_id, device_id, priority, created_ms, deadline_ms, attempts_max, attempts, hidden_until_ms)
  select * from unnest
    ($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::bigint[])
  on conflict (command_id) do nothing`;

async function put(sql: Sql, entries: readonly QueueEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await sql.query(putText, [
    entries.map((entry) => entry.commandId),
    entries.map((entry) => entry.deviceId),
    entries.map((entry) => entry.priority),
    entries.map((entry) => entry.createdAtMs),
    entries.map((entry) => entry.deadlineMs),
    entries.map((entry) => entry.attemptsMax),
    entries.map((entry) => entry.attempts ?? 0),
    entries.map((entry) => entry.hiddenUntilMs ?? 0),
  ]);
}

/** `materialized`: the limit holds once. Otherwise a plan may ask the inner query again for each row that it joins. */
export const claimText = `
  with first as materialized (
    select command_id from fleet_queue
    where device_id = $1 and hidden_until_ms <= $2 and deadline_ms > $2 and attempts < attempts_max
    order by priority desc, created_ms, command_id
    limit $3
    for update skip locked
  )
  update fleet_queue as entry
  set attempts = entry.attempts + 1, claim_digest = $4, hidden_until_ms = least($5::bigint, entry.deadline_ms)
  from first where entry.command_id = first.command_id
  returning entry.command_id, entry.attempts, entry.hidden_until_ms, entry.priority, entry.created_ms`;

interface ClaimedRow {
  readonly command_id: string;
  readonly attempts: number;
  readonly hidden_until_ms: number;
  readonly priority: number;
  readonly created_ms: number;
}

async function claim(
  sql: Sql,
  { deviceId, max, visibilityMs, claimDigest, nowMs }: ClaimRequest,
): Promise<readonly QueueClaim[]> {
  const values = [deviceId, nowMs, max, claimDigest, nowMs + visibilityMs];
  const rows = await sql.query<ClaimedRow>(claimText, values);
  return rows.toSorted(inOrder).map((row) => ({
    commandId: row.command_id,
    attempt: row.attempts,
    untilMs: row.hidden_until_ms,
  }));
}

/** `update ... returning` promises no order. */
function inOrder(first: ClaimedRow, second: ClaimedRow): number {
  return (
    second.priority - first.priority ||
    first.created_ms - second.created_ms ||
    (first.command_id < second.command_id ? -1 : 1)
  );
}

const extendText = `
  with found as (
    select command_id, claim_digest, hidden_until_ms, deadline_ms from fleet_queue
    where command_id = $1 and device_id = $2 for update
  ), extended as (
    update fleet_queue as entry set hidden_until_ms = least($5::bigint, entry.deadline_ms)
    from found where entry.command_id = found.command_id and found.claim_digest = $3 and found.hidden_until_ms > $4
    returning entry.hidden_until_ms
  )
  select found.claim_digest = $3 as is_own, (select hidden_until_ms from extended) as until_ms from found`;

async function extend(sql: Sql, request: ExtendRequest): Promise<ExtendOutcome> {
  const { commandId, deviceId, claimDigest, nowMs, visibilityMs } = request;
  const [row] = await sql.query<{ is_own: boolean | null; until_ms: number | null }>(extendText, [
    commandId,
    deviceId,
    claimDigest,
    nowMs,
    nowMs + visibilityMs,
  ]);
  if (row === undefined) return { outcome: "unknown" };
  if (row.until_ms !== null) return { outcome: "extended", untilMs: row.until_ms };
  return { outcome: row.is_own === true ? "lapsed" : "stale" };
}

async function remove(sql: Sql, keys: readonly EntryKey[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query("delete from fleet_queue where command_id = any($1::uuid[])", [
    keys.map((key) => key.commandId),
  ]);
}
