import { type AnyElysia, t } from "elysia";
import type { Fleet } from "../../fleet.ts";
import { findSession, listSessions } from "../../sessions/find-sessions.ts";
import { openSession } from "../../sessions/open-session.ts";
import { readCustomer } from "../caller.ts";
import { filterOf, newestQuery, next, nextOf } from "../pages.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, idParameters, session, sessionState, sessionSummary } from "../schemas.ts";
import { sessionRequest, withDefaults } from "./session-request.ts";

const idempotencyHeaders = t.Object({
  "idempotency-key": t.Optional(
    t.String({
      minLength: 1,
      maxLength: 128,
      description: "Repeating a request with the same key opens no second session.",
    }),
  ),
});

/** Diagnostic sessions: opened, listed and followed. */
export function createSessionRoutes(fleet: Fleet): AnyElysia {
  const { sql } = fleet;
  return customerRoutes("customer-sessions")
    .post(
      "/sessions",
      ({ body, headers, request }) =>
        openSession(fleet, readCustomer(request), {
          request: withDefaults(body),
          idempotencyKey: headers["idempotency-key"] ?? null,
        }),
      {
        headers: idempotencyHeaders,
        body: sessionRequest,
        response: answers(session, 401, 403, 404, 409, 422),
        detail: describedForCustomers(
          "openSession",
          "Request commands on a device; risky ones wait for approval",
        ),
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
        detail: describedForCustomers("listSessions", "List sessions, newest first"),
      },
    )
    .get(
      "/sessions/:id",
      ({ params, request }) => findSession(sql, readCustomer(request).customerId, params.id),
      {
        params: idParameters,
        response: answers(session, 401, 403, 404, 422),
        detail: describedForCustomers("getSession", "Get a session with its plan, commands and history"),
      },
    );
}
