import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import { findAnywhere } from "../../hub/admin/find-anywhere.ts";
import { type ConnectionPage, findConnections } from "../../hub/admin/find-connections.ts";
import type { AdminParts } from "../admin-parts.ts";

const word = Type.Optional(Type.String({ minLength: 1, maxLength: 256 }));

const query = Type.Object(
  {
    id: word,
    userId: word,
    ip: word,
    endpoint: word,
    room: word,
    limit: t.Integer({ minimum: 1, maximum: 500, default: 100 }),
    waitMs: t.Integer({
      minimum: 0,
      maximum: 5000,
      default: 200,
      description: "How long other instances are waited for; 0 asks this one alone.",
    }),
  },
  { additionalProperties: false },
);

/** `GET /hub/connections`: searches all instances. `isTruncated` means that there are more: narrow the search. */
export function listConnections({ hub }: AdminParts): AnyElysia {
  function find({
    limit,
    waitMs,
    ...wanted
  }: Static<typeof query>): Promise<ConnectionPage> | ConnectionPage {
    return waitMs === 0 ? findConnections(hub, wanted, limit) : findAnywhere(hub, wanted, { limit, waitMs });
  }

  return new Elysia().get("/hub/connections", ({ query }) => find(query), {
    query,
    detail: { tags: ["hub"], summary: "Find connections by user, address, endpoint, room or id" },
  });
}
