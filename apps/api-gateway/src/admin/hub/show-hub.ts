import { type AnyElysia, Elysia } from "elysia";
import { hubStatus } from "../../hub/admin/hub-status.ts";
import type { AdminParts } from "../admin-parts.ts";

/** `GET /hub`: statistics of this instance's hub. */
export function showHub({ hub }: AdminParts): AnyElysia {
  return new Elysia().get("/hub", () => hubStatus(hub), {
    detail: { tags: ["hub"], summary: "Get this instance's hub counters" },
  });
}
