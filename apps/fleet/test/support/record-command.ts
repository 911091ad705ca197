import type { Sql } from "@libs/database";

/** A command on record that waits for its device. */
export async function recordCommand(
  sql: Sql,
): Promise<{ readonly deviceId: string; readonly commandId: string }> {
  const [deviceId, sessionId, commandId] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  await sql.query(
    "insert into fleet_devices (id, customer_id, name, status, created_at) values ($1, 'c', 'n', 'active', now())",
    [deviceId],
  );
  await sql.query(
    `insert into fleet_sessions (id, customer_id, device_id, status, reason, requested_by, four_eyes, plan_hash,
      request_hash, created_at) values ($1, 'c', $2, 'running', 'r', 'ana', false, 'h', 'h', now())`,
    [sessionId, deviceId],
  );
  await sql.query(
    `insert into fleet_commands (id, session_id, customer_id, device_id, position, kind, version, parameters, risk,
      needs_approval, priority, deadline_at, attempts_max, status, created_at, updated_at)
      values ($1, $2, 'c', $3, 0, 'run_check', 1, '{}', 'low', false, 5, now() + interval '1 hour', 3, 'queued', now(), now())`,
    [commandId, sessionId, deviceId],
  );
  return { deviceId, commandId };
}
