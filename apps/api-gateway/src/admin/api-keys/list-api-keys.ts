import { listKeys } from "@libs/auth/platform";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { contextOf } from "../accounts.ts";
import type { AdminParts } from "../admin-parts.ts";
import { nextAfter, pageById } from "../paging.ts";

const query = Type.Object(
  { ...pageById.properties, owner: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) },
  { additionalProperties: false },
);

/** `GET /api-keys`: metadata of keys, newest first. The keys themselves are not stored. */
export function listApiKeys(parts: AdminParts): AnyElysia {
  return new Elysia().get(
    "/api-keys",
    async ({ query, request }) => {
      const page = { owner: query.owner ?? null, after: query.after ?? null, limit: query.limit };
      const apiKeys = await listKeys(contextOf(parts, request), page);
      return { apiKeys, next: nextAfter(apiKeys, page.limit) };
    },
    { query, detail: { tags: ["api-keys"], summary: "List API keys, newest first" } },
  );
}
