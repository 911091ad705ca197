import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import { listRooms as roomsOf } from "../../hub/admin/list-rooms.ts";
import type { AdminParts } from "../admin-parts.ts";

const query = Type.Object(
  {
    prefix: Type.String({ maxLength: 256, default: "", description: "Such as `room:cart:`." }),
    limit: t.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
);

/** `GET /hub/rooms`: this instance's channels, largest first. */
export function listRooms({ hub }: AdminParts): AnyElysia {
  return new Elysia().get("/hub/rooms", ({ query }) => ({ rooms: roomsOf(hub, query) }), {
    query,
    detail: { tags: ["hub"], summary: "List this instance's channels, largest first" },
  });
}
