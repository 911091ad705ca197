import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

const word = Type.Optional(Type.String({ maxLength: 256 }));

const query = Type.Object(
  {
    route: word,
    code: word,
    policy: word,
    requestId: word,
    limit: t.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
);

/** `GET /decisions`: the latest requests that the gateway itself refused, with the reason, and what would have changed it. */
export function listDecisions({ refusals }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/decisions",
    ({ query: { limit, ...wanted } }) => ({ decisions: refusals.list(wanted, limit) }),
    { query, detail: { tags: ["routes"], summary: "List recent refusals with their reasons, latest first" } },
  );
}
