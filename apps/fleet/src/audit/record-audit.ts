import type { Sql } from "@libs/database";

/** The actor: a person of a customer, a device, or the fleet itself when a time limit passed. */
export interface Actor {
  readonly kind: "person" | "device" | "system";
  readonly id: string;
}

export const system: Actor = { kind: "system", id: "fleet" };

/** One transition of one device, session or command. */
export interface AuditEvent {
  readonly subject: "device" | "session" | "command";
  readonly subjectId: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly sessionId: string | null;
  readonly event: string;
  /** `null` for a newly created one. */
  readonly from: string | null;
  readonly to: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const text = `
  insert into fleet_audit (at, actor_kind, actor_id, subject, subject_id, customer_id, device_id, session_id, event,
    from_state, to_state, details)
  select $1::timestamptz, $2::text, $3::text, * from unnest($4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[],
    $9::text[], $10::text[], $11::text[], $12::jsonb[])`;

/** MUST be called in the transaction of the transitions: there is no transition without its event, nor an event without its transition. */
export async function recordAudit(
  sql: Sql,
  { at, actor, events }: { readonly at: Date; readonly actor: Actor; readonly events: readonly AuditEvent[] },
): Promise<void> {
  if (events.length === 0) return;
  await sql.query(
    text,
    [
      at,
      actor.kind,
      actor.id,
      events.map((one) => one.subject),
      events.map((one) => one.subjectId),
      events.map((one) => one.customerId),
      events.map((one) => one.deviceId),
      events.map((one) => one.sessionId),
      events.map((one) => one.event),
      events.map((one) => one.from),
      events.map((one) => one.to),
      events.map((one) => (one.details === undefined ? null : JSON.stringify(one.details))),
    ],
    { prepareAs: "fleet_audit" },
  );
}
