import type { Sql } from "@libs/database";
import { needsApproval } from "../model/command-kinds.ts";
import type { DraftSession } from "./draft-session.ts";

/** Writes a session with its commands. False, writing nothing, where its customer has the key already. */
export async function insertSession(
  sql: Sql,
  { plan, planHash, status, createdAt }: DraftSession,
  { idempotencyKey, requestHash }: { readonly idempotencyKey: string | null; readonly requestHash: string },
): Promise<boolean> {
  const [session] = await sql.query(
    `insert into fleet_sessions (id, customer_id, device_id, status, reason, requested_by, four_eyes, plan_hash,
      approval_expires_at, idempotency_key, request_hash, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      on conflict (customer_id, idempotency_key) do nothing returning id`,
    [
      plan.sessionId,
      plan.customerId,
      plan.deviceId,
      status,
      plan.reason,
      plan.requestedBy,
      plan.fourEyes,
      planHash,
      plan.approvalExpiresAt,
      idempotencyKey,
      requestHash,
      createdAt,
    ],
    { prepareAs: "fleet_insert_session" },
  );
  if (session === undefined) return false;
  const { commands } = plan;
  await sql.query(
    `insert into fleet_commands (session_id, customer_id, device_id, status, created_at, updated_at, id, position, kind,
      version, parameters, risk, needs_approval, priority, deadline_at, attempts_max)
      select $1::uuid, $2::text, $3::uuid, $4::text, $5::timestamptz, $5::timestamptz, *
      from unnest($6::uuid[], $7::smallint[], $8::text[], $9::smallint[], $10::jsonb[], $11::text[], $12::boolean[],
        $13::smallint[], $14::timestamptz[], $15::integer[])`,
    [
      plan.sessionId,
      plan.customerId,
      plan.deviceId,
      status === "running" ? "queued" : "awaiting_approval",
      createdAt,
      commands.map((command) => command.id),
      commands.map((_, position) => position),
      commands.map((command) => command.kind),
      commands.map((command) => command.version),
      commands.map((command) => JSON.stringify(command.parameters)),
      commands.map((command) => command.risk),
      commands.map((command) => needsApproval[command.risk]),
      commands.map((command) => command.priority),
      commands.map((command) => command.deadlineAt),
      commands.map((command) => command.attemptsMax),
    ],
    { prepareAs: "fleet_insert_commands" },
  );
  return true;
}
