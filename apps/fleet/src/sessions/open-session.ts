import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { notActive } from "../devices/device-statuses.ts";
import { noSuchDevice } from "../devices/find-devices.ts";
import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import type { DeviceState } from "../model/device-states.ts";
import { canonicalJson } from "../model/plan.ts";
import { digestOf } from "../model/secrets.ts";
import type { QueueEntry } from "../queue/command-queue.ts";
import { type DraftSession, draftSession, type SessionRequest } from "./draft-session.ts";
import { findSession, type SessionView } from "./find-sessions.ts";
import { viewDraft } from "./view-draft.ts";

export interface SessionOpening {
  readonly request: SessionRequest;
  readonly idempotencyKey: string | null;
}

/**
 * Requests commands for a device. If none of them needs approval they are queued at once. The same request with
 * the same idempotency key returns the session that it opened before, in its current state.
 * @throws CartwayError `not_found`, `validation_failed`, `conflict` for a device that is not active, and for a key that stands for another request
 */
export async function openSession(
  fleet: Fleet,
  customer: Customer,
  { request, idempotencyKey }: SessionOpening,
): Promise<SessionView> {
  const asked = { ...request, requestedBy: customer.actor.id };
  const requestHash = idempotencyKey === null ? notCompared : digestOf(canonicalJson(asked));
  const draft = draftSession(fleet, customer, request);
  const { isNew, deviceState, isQueued } = await fleet.sessionRecord.add({
    draft,
    idempotencyKey,
    requestHash,
  });
  if (!isNew) {
    const known = await findKnown(fleet.sql, customer, { idempotencyKey, requestHash });
    if (known === null) throw notReady(deviceState);
    return await findSession(fleet.sql, customer.customerId, known);
  }
  const { status, plan } = draft;
  fleet.metrics.command(status === "running" ? "queued" : "awaiting_approval", plan.commands.length);
  fleet.live.tellCustomer(customer.customerId, "session_updated", { sessionId: plan.sessionId, status });
  if (status === "running") {
    if (isQueued) fleet.feeder.announce(plan.deviceId);
    else await fleet.feeder.feed(entriesOf(draft));
  }
  return viewDraft(draft, customer);
}

/** Without a key nothing is a repetition. */
const notCompared = "none";

interface Keyed {
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
}

/** The session that the key stands for. */
async function findKnown(
  sql: Sql,
  { customerId }: Customer,
  { idempotencyKey, requestHash }: Keyed,
): Promise<string | null> {
  if (idempotencyKey === null) return null;
  const [row] = await sql.query<{ id: string; request_hash: string }>(
    "select id, request_hash from fleet_sessions where customer_id = $1 and idempotency_key = $2",
    [customerId, idempotencyKey],
    { prepareAs: "fleet_known_session" },
  );
  if (row === undefined) return null;
  if (row.request_hash === requestHash) return row.id;
  throw new CartwayError("conflict", { message: "This idempotency key came before with another request." });
}

function notReady(state: DeviceState | null): CartwayError {
  switch (state) {
    case null:
      return noSuchDevice();
    case "active":
      return new CartwayError("conflict", { message: "The key was used a moment ago." });
    case "provisioned":
      return new CartwayError("conflict", {
        message: "The device has not registered yet.",
        details: { state },
      });
    case "suspended":
    case "retired":
      return new CartwayError("conflict", { message: notActive(state).message, details: { state } });
  }
}

function entriesOf({ plan, createdAt }: DraftSession): readonly QueueEntry[] {
  return plan.commands.map((command) => ({
    commandId: command.id,
    deviceId: plan.deviceId,
    priority: command.priority,
    createdAtMs: createdAt.getTime(),
    deadlineMs: Date.parse(command.deadlineAt),
    attemptsMax: command.attemptsMax,
  }));
}
