import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { recordAudit } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import { transact } from "../transact.ts";
import type { Customer } from "../http/caller.ts";
import { commandMachine } from "../model/command-states.ts";
import { hashPlan } from "../model/plan.ts";
import { sessionMachine } from "../model/session-states.ts";
import { nextState } from "../model/state-machine.ts";
import { moveCommands } from "./move-commands.ts";
import { lockSession, planOf, selectCommands, type SessionRow } from "./session-rows.ts";

/** `planHash`: of the plan that was shown. `null` rejects any plan. */
export type Decision = (
  | { readonly event: "approve"; readonly planHash: string }
  | { readonly event: "reject"; readonly planHash: string | null }
) & {
  readonly sessionId: string;
  readonly comment: string;
};

/**
 * Approves or rejects a session, once, before its approval expires, for exactly the plan that was shown. Under four eyes the
 * requester may not approve it, but may reject it.
 * @throws CartwayError `not_found`, `forbidden` for the requester under four eyes, `conflict` for a decision that comes too late, twice, or for another plan
 */
export async function decideSession(fleet: Fleet, customer: Customer, decision: Decision): Promise<void> {
  const at = new Date(fleet.now());
  const { session, moved } = await transact(fleet.sql, (sql) => decide(sql, { customer, decision, at }));
  const { status } = session;
  fleet.metrics.command(nextState(commandMachine, "awaiting_approval", decision.event), moved);
  fleet.live.tellCustomer(customer.customerId, "session_updated", { sessionId: session.id, status });
  if (status === "running") await fleet.feeder.feedSession(session.id);
}

interface Deciding {
  readonly customer: Customer;
  readonly decision: Decision;
  readonly at: Date;
}

async function decide(
  sql: Sql,
  { customer, decision, at }: Deciding,
): Promise<{ readonly session: SessionRow; readonly moved: number }> {
  const { sessionId, event, comment } = decision;
  const { customerId, actor } = customer;
  const session = await lockSession(sql, customerId, sessionId);
  if (session === undefined) throw noSuchSession();
  if (event === "approve" && session.four_eyes && session.requested_by === actor.id) {
    throw new CartwayError("forbidden", { message: "Who asked for a session cannot approve it: four eyes." });
  }
  const to = nextState(sessionMachine, session.status, event);
  if (session.approval_expires_at !== null && session.approval_expires_at <= at) {
    throw new CartwayError("conflict", { message: "The time for an approval is over." });
  }
  if (decision.planHash !== null) await requireSamePlan(sql, session, decision.planHash);
  const planHash = decision.planHash ?? session.plan_hash;
  const approvalId = Bun.randomUUIDv7();
  await sql.query(
    `insert into fleet_approvals (id, session_id, decision, plan_hash, decided_by, decided_at, comment)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [approvalId, sessionId, event === "approve" ? "approved" : "rejected", planHash, actor.id, at, comment],
  );
  await sql.query("update fleet_sessions set status = $2, ended_at = $3 where id = $1", [
    sessionId,
    to,
    event === "reject" ? at : null,
  ]);
  await recordAudit(sql, {
    at,
    actor,
    events: [
      {
        subject: "session",
        subjectId: sessionId,
        customerId,
        deviceId: session.device_id,
        sessionId,
        event,
        from: session.status,
        to,
        details: { planHash, comment },
      },
    ],
  });
  const moved = await moveCommands(sql, { session, event, at, actor, approvalId });
  return { session: { ...session, status: to }, moved: moved.length };
}

/** Recomputed from the database: a plan that changed since it was shown is not the one that was approved. */
async function requireSamePlan(sql: Sql, session: SessionRow, shown: string): Promise<void> {
  const actual = hashPlan(planOf(session, await selectCommands(sql, session.id)));
  if (actual === shown && actual === session.plan_hash) return;
  throw new CartwayError("conflict", {
    message: "This is not the plan that the session has: look at it again.",
    ...(actual === session.plan_hash ? {} : { internal: `the plan of session ${session.id} was changed` }),
  });
}

export function noSuchSession(): CartwayError {
  return new CartwayError("not_found", { message: "There is no such session." });
}
