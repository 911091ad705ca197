import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { plainArray } from "../batching/plain-array.ts";
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
 * The queue in PostgreSQL, a server or the embedded engine. Claimers of one device skip rows that others are claiming
 * at the moment, and the index yields the first entries without reading the rest. Concurrent calls become one
 * statement.
 */
export function createPostgreSQLQueue(sql: Sql): CommandQueue {
  const putting = new GroupCommit<readonly QueueEntry[], object>({
    work: (groups) => put(sql, groups),
    keyOf: () => crypto.randomUUID(),
  });
  // Two claims of one device in one statement would both see the same first entries.
  const claiming = new GroupCommit<ClaimRequest, readonly QueueClaim[]>({
    work: (requests) => claim(sql, requests),
    keyOf: (request) => request.deviceId,
    everyMs: claimEveryMs,
  });
  const removing = new GroupCommit<readonly EntryKey[], object>({
    work: (groups) => remove(sql, groups),
    keyOf: () => crypto.randomUUID(),
    everyMs: removeEveryMs,
  });
  return {
    async put(entries) {
      if (entries.length > 0) await putting.add(entries);
    },
    claim: (request) => claiming.add(request),
    extend: (request) => extend(sql, request),
    async remove(keys) {
      if (keys.length > 0) await removing.add(keys);
    },
    // committed entries survive a restart
    epoch: () => Promise.resolve(durableEpoch),
  };
}

export const durableEpoch = "durable";

/** Under load it lets more claims share a statement; a claim after a pause does not wait. */
export const claimEveryMs = 5;
/** Nobody waits for the removal: ended commands are delivered to nobody, removed or not. */
const removeEveryMs = 50;

const putText = `
  insert into fleet_queue
    (command_id, device_id, priority, created_ms, deadline_ms, attempts_max, attempts, hidden_until_ms)
  select * from unnest
    ($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::bigint[])
  order by 1 on conflict (command_id) do nothing`;

async function put(sql: Sql, groups: readonly (readonly QueueEntry[])[]): Promise<readonly object[]> {
  const entries = groups.flat();
  const values = [
    plainArray(entries.map((entry) => entry.commandId)),
    plainArray(entries.map((entry) => entry.deviceId)),
    plainArray(entries.map((entry) => entry.priority)),
    plainArray(entries.map((entry) => entry.createdAtMs)),
    plainArray(entries.map((entry) => entry.deadlineMs)),
    plainArray(entries.map((entry) => entry.attemptsMax)),
    plainArray(entries.map((entry) => entry.attempts ?? 0)),
    plainArray(entries.map((entry) => entry.hiddenUntilMs ?? 0)),
  ];
  await sql.query(putText, values, { prepareAs: "fleet_queue_put" });
  return groups;
}

/**
 * The first entries of each claiming device. `materialized`: the limit is applied once. Otherwise a plan may run the inner query
 * again for each joined row. The first list is a separate query, so that the planner does not see its length: otherwise it
 * would replan for most lengths, which took the embedded engine as long as the rest of a claim.
 */
export const claimSteps = `
  first as materialized (
    select entry.command_id, asked.claim_digest, asked.until_ms, asked.now_ms
    from unnest((select $1::uuid[]), $2::bigint[], $3::integer[], $4::text[], $5::bigint[])
      as asked(device_id, now_ms, most, claim_digest, until_ms)
    cross join lateral (
      select command_id from fleet_queue
      where device_id = asked.device_id and hidden_until_ms <= asked.now_ms and deadline_ms > asked.now_ms
        and attempts < attempts_max
      order by priority desc, created_ms, command_id
      limit asked.most
      for update skip locked
    ) as entry
  ), held as (
    update fleet_queue as entry
    set attempts = entry.attempts + 1, claim_digest = first.claim_digest,
      hidden_until_ms = least(first.until_ms, entry.deadline_ms)
    from first where entry.command_id = first.command_id
    returning entry.command_id, entry.device_id, entry.attempts, entry.hidden_until_ms, entry.priority, entry.created_ms,
      entry.claim_digest, first.now_ms
  )`;

export const claimText = `with ${claimSteps} select * from held`;

export interface QueueRow {
  readonly command_id: string;
  readonly device_id: string;
  readonly attempts: number;
  readonly hidden_until_ms: number;
  readonly priority: number;
  readonly created_ms: number;
}

/** Each device at most once among the requests. */
async function claim(
  sql: Sql,
  requests: readonly ClaimRequest[],
): Promise<readonly (readonly QueueClaim[])[]> {
  const rows = await sql.query<QueueRow>(claimText, claimValues(requests), {
    prepareAs: "fleet_queue_claim",
  });
  const byDevice = Map.groupBy(rows.toSorted(inOrder), (row) => row.device_id);
  return requests.map(({ deviceId }) => (byDevice.get(deviceId) ?? []).map(toClaim));
}

export function claimValues(requests: readonly ClaimRequest[]): readonly unknown[] {
  return [
    plainArray(requests.map((request) => request.deviceId)),
    plainArray(requests.map((request) => request.nowMs)),
    plainArray(requests.map((request) => request.max)),
    plainArray(requests.map((request) => request.claimDigest)),
    plainArray(requests.map((request) => request.nowMs + request.visibilityMs)),
  ];
}

function toClaim(row: QueueRow): QueueClaim {
  return { commandId: row.command_id, attempt: row.attempts, untilMs: row.hidden_until_ms };
}

type Placed = Pick<QueueRow, "command_id" | "priority" | "created_ms">;

/** `update ... returning` guarantees no order. */
export function inOrder(first: Placed, second: Placed): number {
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

async function remove(sql: Sql, groups: readonly (readonly EntryKey[])[]): Promise<readonly object[]> {
  const ids = groups.flat().map((key) => key.commandId);
  await sql.query("delete from fleet_queue where command_id = any($1::uuid[])", [plainArray(ids)], {
    prepareAs: "fleet_queue_remove",
  });
  return groups;
}
