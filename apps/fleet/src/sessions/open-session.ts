import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { type AuditEvent, recordAudit } from "../audit/record-audit.ts";
import { enqueueCommands } from "../commands/enqueue-commands.ts";
import { noSuchDevice } from "../devices/find-devices.ts";
import { notActive } from "../devices/device-statuses.ts";
import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import type { DeviceState } from "../model/device-states.ts";
import { canonicalJson } from "../model/plan.ts";
import { digestOf } from "../model/secrets.ts";
import { insertSession } from "./insert-session.ts";
import { type DraftSession, draftSession, type SessionRequest } from "./draft-session.ts";

export interface OpenedSession {
  readonly sessionId: string;
  /** False where the same request had opened it before, as its idempotency key says. */
  readonly isNew: boolean;
}

/**
 * Asks for commands on a device. Where none of them needs approval they wait for the device at once.
 * @throws CartwayError `not_found`, `validation_failed`, `conflict` for a key that stands for another request
 */
export async function openSession(
  fleet: Fleet,
  customer: Customer,
  request: SessionRequest,
  idempotencyKey: string | null,
): Promise<OpenedSession> {
  const requestHash = digestOf(canonicalJson({ ...request, requestedBy: customer.actor.id }));
  const draft = draftSession(fleet, customer, request);
  const opened = await fleet.sql.transaction(async (sql) => {
    const known = await findKnown(sql, customer, { idempotencyKey, requestHash });
    if (known !== null) return known;
    await requireReadyDevice(sql, customer, request.deviceId);
    const isInserted = await insertSession(sql, draft, { idempotencyKey, requestHash });
    // of two requests with one key that came at once, the other was first
    if (!isInserted) return await findKnown(sql, customer, { idempotencyKey, requestHash });
    await recordAudit(sql, { at: draft.createdAt, actor: customer.actor, events: eventsOf(draft) });
    return { sessionId: draft.plan.sessionId, isNew: true };
  });
  if (opened === null) throw new CartwayError("conflict", { message: "The key was used a moment ago." });
  if (!opened.isNew) return opened;
  const { status, plan } = draft;
  fleet.metrics.command(status === "running" ? "queued" : "awaiting_approval", plan.commands.length);
  fleet.live.tellCustomer(customer.customerId, "session_updated", { sessionId: plan.sessionId, status });
  if (status === "running") await enqueueCommands(fleet, { sessionId: plan.sessionId });
  return opened;
}

interface Keyed {
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
}

async function findKnown(
  sql: Sql,
  { customerId }: Customer,
  { idempotencyKey, requestHash }: Keyed,
): Promise<OpenedSession | null> {
  if (idempotencyKey === null) return null;
  const [row] = await sql.query<{ id: string; request_hash: string }>(
    "select id, request_hash from fleet_sessions where customer_id = $1 and idempotency_key = $2",
    [customerId, idempotencyKey],
    { prepareAs: "fleet_known_session" },
  );
  if (row === undefined) return null;
  if (row.request_hash === requestHash) return { sessionId: row.id, isNew: false };
  throw new CartwayError("conflict", { message: "This idempotency key came before with another request." });
}

/** Held for the transaction: a device is not retired while something is being asked of it. */
async function requireReadyDevice(sql: Sql, { customerId }: Customer, deviceId: string): Promise<void> {
  const [row] = await sql.query<{ status: DeviceState }>(
    "select status from fleet_devices where id = $1 and customer_id = $2 for share",
    [deviceId, customerId],
    { prepareAs: "fleet_ready_device" },
  );
  if (row === undefined) throw noSuchDevice();
  if (row.status === "active") return;
  const details = { state: row.status };
  const { message } = row.status === "provisioned" ? noAgent : notActive(row.status);
  throw new CartwayError("conflict", { message, details });
}

const noAgent = { message: "The device has not registered yet." };

function eventsOf({ plan, status }: DraftSession): readonly AuditEvent[] {
  const { sessionId, customerId, deviceId } = plan;
  const common = { customerId, deviceId, sessionId } as const;
  const commandStatus = status === "running" ? "queued" : "awaiting_approval";
  return [
    {
      ...common,
      subject: "session",
      subjectId: sessionId,
      event: "open",
      from: null,
      to: status,
      details: { reason: plan.reason },
    },
    ...plan.commands.map((command) => ({
      ...common,
      subject: "command" as const,
      subjectId: command.id,
      event: "ask",
      from: null,
      to: commandStatus,
    })),
  ];
}
