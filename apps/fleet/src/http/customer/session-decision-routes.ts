import { type AnyElysia, t } from "elysia";
import type { Fleet } from "../../fleet.ts";
import { cancelSession } from "../../sessions/cancel-session.ts";
import { type Decision, decideSession } from "../../sessions/decide-session.ts";
import { findSession } from "../../sessions/find-sessions.ts";
import { readCustomer } from "../caller.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, idParameters, session, strict } from "../schemas.ts";

const planHash = t.String({
  pattern: "^[0-9a-f]{64}$",
  description: "Hash of the plan that was shown to the approver. A different plan is a conflict.",
});
const comment = t.Optional(t.String({ maxLength: 1000 }));
const deciding = { params: idParameters, response: answers(session, 401, 403, 404, 409, 422) };

/** What a person decides about an open session: approve, reject or cancel it. */
export function createSessionDecisionRoutes(fleet: Fleet): AnyElysia {
  return customerRoutes("session-decisions")
    .post(
      "/sessions/:id/approve",
      ({ params, body, request }) =>
        decide(fleet, request, {
          sessionId: params.id,
          event: "approve",
          planHash: body.planHash,
          comment: body.comment ?? "",
        }),
      {
        ...deciding,
        body: t.Object({ planHash, comment }, strict),
        detail: describedForCustomers("approveSession", "Approve exactly the plan that was shown"),
      },
    )
    .post(
      "/sessions/:id/reject",
      ({ params, body, request }) =>
        decide(fleet, request, {
          sessionId: params.id,
          event: "reject",
          planHash: body?.planHash ?? null,
          comment: body?.comment ?? "",
        }),
      {
        ...deciding,
        body: t.Optional(t.Object({ planHash: t.Optional(planHash), comment }, strict)),
        detail: describedForCustomers("rejectSession", "Reject a session that waits for approval"),
      },
    )
    .post(
      "/sessions/:id/cancel",
      ({ params, body, request }) =>
        cancel(fleet, request, { sessionId: params.id, reason: body?.reason ?? "" }),
      {
        ...deciding,
        body: t.Optional(t.Object({ reason: t.Optional(t.String({ maxLength: 500 })) }, strict)),
        detail: describedForCustomers("cancelSession", "Cancel a session and its unfinished commands"),
      },
    );
}

async function decide(fleet: Fleet, request: Request, decision: Decision) {
  const customer = readCustomer(request);
  await decideSession(fleet, customer, decision);
  return await findSession(fleet.sql, customer.customerId, decision.sessionId);
}

async function cancel(
  fleet: Fleet,
  request: Request,
  asked: { readonly sessionId: string; readonly reason: string },
) {
  const customer = readCustomer(request);
  await cancelSession(fleet, customer, asked);
  return await findSession(fleet.sql, customer.customerId, asked.sessionId);
}
