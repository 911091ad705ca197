import { type AnyElysia, Elysia, t } from "elysia";
import { listCommands } from "../commands/find-commands.ts";
import type { Fleet } from "../fleet.ts";
import { commandKinds } from "../model/command-kinds.ts";
import { cancelSession } from "../sessions/cancel-session.ts";
import { type Decision, decideSession } from "../sessions/decide-session.ts";
import { findSession, listSessions } from "../sessions/find-sessions.ts";
import { openSession } from "../sessions/open-session.ts";
import { systemStatus } from "../system/system-status.ts";
import { readCustomer } from "./caller.ts";
import { requireStorable } from "./check-text.ts";
import { describedFor } from "./described.ts";
import { filterOf, newestQuery, next, nextOf } from "./pages.ts";
import {
  answers,
  command,
  commandState,
  idParameters,
  integer,
  risk,
  session,
  sessionState,
  sessionSummary,
  strict,
} from "./schemas.ts";
import { commandDefaults, sessionRequest } from "./session-request.ts";

const described = describedFor("customer");

const planHash = t.String({
  pattern: "^[0-9a-f]{64}$",
  description: "Of the plan that was shown: another one is a conflict.",
});
const comment = t.Optional(t.String({ maxLength: 1000 }));

/** Routes of diagnostic sessions: request, approval, and progress to the end. */
export function createCustomerSessionRoutes(fleet: Fleet): AnyElysia {
  const { sql } = fleet;
  return new Elysia({ name: "fleet/customer-sessions", prefix: "/api/v1/customer" })
    .onBeforeHandle(({ body }) => requireStorable(body))
    .post(
      "/sessions",
      ({ body, headers, request }) => {
        const commands = body.commands.map((one) => ({ ...commandDefaults, ...one }));
        const asked = { ...body, commands, fourEyes: body.fourEyes ?? false };
        return openSession(fleet, readCustomer(request), asked, headers["idempotency-key"] ?? null);
      },
      {
        headers: t.Object({
          "idempotency-key": t.Optional(
            t.String({
              minLength: 1,
              maxLength: 128,
              description: "The same request again opens nothing new.",
            }),
          ),
        }),
        body: sessionRequest,
        response: answers(session, 401, 403, 404, 409, 422),
        detail: described("openSession", "Asks for commands on a device; risky ones wait for an approval"),
      },
    )
    .get(
      "/sessions",
      async ({ query, request }) => {
        const filter = filterOf(query);
        const sessions = await listSessions(sql, readCustomer(request).customerId, filter);
        return { sessions: [...sessions], next: nextOf(sessions, filter.limit) };
      },
      {
        query: t.Object({ status: t.Optional(sessionState), ...newestQuery }),
        response: answers(t.Object({ sessions: t.Array(sessionSummary), next }), 401, 403, 422),
        detail: described("listSessions", "Sessions, the newest first"),
      },
    )
    .get(
      "/sessions/:id",
      ({ params, request }) => findSession(sql, readCustomer(request).customerId, params.id),
      {
        params: idParameters,
        response: answers(session, 401, 403, 404, 422),
        detail: described("getSession", "A session with its plan, its commands and its whole history"),
      },
    )
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
        params: idParameters,
        body: t.Object({ planHash, comment }, strict),
        response: answers(session, 401, 403, 404, 409, 422),
        detail: described("approveSession", "Lets exactly the plan that was shown run"),
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
        params: idParameters,
        body: t.Optional(t.Object({ planHash: t.Optional(planHash), comment }, strict)),
        response: answers(session, 401, 403, 404, 409, 422),
        detail: described("rejectSession", "Ends a session that waits for its approval"),
      },
    )
    .post(
      "/sessions/:id/cancel",
      async ({ params, body, request }) => {
        const customer = readCustomer(request);
        await cancelSession(fleet, customer, { sessionId: params.id, reason: body?.reason ?? "" });
        return await findSession(sql, customer.customerId, params.id);
      },
      {
        params: idParameters,
        body: t.Optional(t.Object({ reason: t.Optional(t.String({ maxLength: 500 })) }, strict)),
        response: answers(session, 401, 403, 404, 409, 422),
        detail: described("cancelSession", "Ends a session and what has not been done of it"),
      },
    )
    .get(
      "/commands",
      async ({ query, request }) => {
        const filter = filterOf(query);
        const commands = await listCommands(sql, readCustomer(request).customerId, filter);
        return { commands: [...commands], next: nextOf(commands, filter.limit) };
      },
      {
        query: t.Object({ status: t.Optional(commandState), ...newestQuery }),
        response: answers(t.Object({ commands: t.Array(command), next }), 401, 403, 422),
        detail: described("listCommands", "Commands, the newest first; with status=dead the dead letters"),
      },
    )
    .get("/command-kinds", ({ request }) => kindsFor(request), {
      response: answers(
        t.Object({
          kinds: t.Array(
            t.Object({
              kind: t.String(),
              version: integer(),
              risk,
              description: t.String(),
              parameters: t.Unknown({ description: "JSON Schema." }),
            }),
          ),
        }),
        401,
        403,
      ),
      detail: described(
        "listCommandKinds",
        "Everything that a device can be told, with the schemas of the parameters",
      ),
    })
    .get("/system", ({ request }) => systemStatus(sql, readCustomer(request).customerId, fleet.now()), {
      response: answers(
        t.Object({
          devices: t.Record(t.String(), integer()),
          devicesOnline: integer(),
          sessions: t.Record(t.String(), integer()),
          commands: t.Record(t.String(), integer()),
          oldestWaitingSeconds: t.Union([t.Number(), t.Null()]),
        }),
        401,
        403,
      ),
      detail: described("getSystem", "How the customer's fleet is as a whole"),
    });
}

async function decide(fleet: Fleet, request: Request, decision: Decision) {
  const customer = readCustomer(request);
  await decideSession(fleet, customer, decision);
  return await findSession(fleet.sql, customer.customerId, decision.sessionId);
}

function kindsFor(request: Request) {
  readCustomer(request);
  return { kinds: commandKinds.map((kind) => ({ ...kind })) };
}
