import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import { listMembers } from "../../hub/admin/list-rooms.ts";
import type { AdminParts } from "../admin-parts.ts";

const query = Type.Object(
  {
    channel: Type.String({ minLength: 1, maxLength: 256, description: "Such as `room:lobby`." }),
    limit: t.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
);

/** `GET /hub/presence?channel=`: a room's members on all instances, for rules with presence. */
export function listPresence({ hub }: AdminParts): AnyElysia {
  return new Elysia().get("/hub/presence", ({ query }) => listMembers(hub, query.channel, query.limit), {
    query,
    detail: { tags: ["hub"], summary: "List a room's members on all instances" },
  });
}
