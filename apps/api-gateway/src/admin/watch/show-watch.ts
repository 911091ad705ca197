import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

/** `GET /watch`: the watched requests with all policy verdicts, target picks, attempts and fallbacks. */
export function showWatch({ watch }: AdminParts): AnyElysia {
  return new Elysia().get("/watch", () => watch.state(), {
    detail: { tags: ["routes"], summary: "Get the decisions on the watched requests" },
  });
}
