import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageByName, pageOf } from "../paging.ts";

/** `GET /caches`: every cache of the config, and its size in this process. */
export function listCaches({ caches }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/caches",
    ({ query }) => {
      const all = caches.all().map(({ name, size }) => ({ id: name, ...size }));
      const page = pageOf(all, query);
      return { caches: page, next: nextAfter(page, query.limit) };
    },
    { query: pageByName, detail: { tags: ["caches"], summary: "List the caches" } },
  );
}
