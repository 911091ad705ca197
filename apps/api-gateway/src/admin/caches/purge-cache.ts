import { CartwayError } from "@libs/errors";
import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import type { AdminParts } from "../admin-parts.ts";

const url = Type.String({ pattern: "^https?://[^/\\s]+/", maxLength: 8192 });
const address = Type.Object(
  {
    url: Type.Optional({ ...url, description: "One address, its query included." }),
    prefix: Type.Optional({ ...url, description: "All addresses that begin so." }),
    cache: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: "One cache by its name in `GET /caches`; all where absent.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** `POST /caches/purge` → the number of purged addresses, of all tenants. In-process caches are purged on this instance only. */
export function purgeCache({ caches, identify, audit }: AdminParts): AnyElysia {
  async function purge(asked: typeof address.static, request: Request): Promise<{ purged: number }> {
    const what = addressOf(asked);
    if (asked.cache !== undefined && !caches.all().some(({ name }) => name === asked.cache))
      throw new CartwayError("not_found", { message: "There is no such cache." });
    const { actor } = identify(request);
    const subject = `${asked.cache ?? "every cache"}: ${"url" in what ? what.url : `${what.prefix}*`}`;
    await audit.record({ actor, verb: "cache.purge", subject, before: null, after: "forgotten" });
    return { purged: await caches.purge(what, asked.cache) };
  }

  return new Elysia().post("/caches/purge", ({ body, request }) => purge(body, request), {
    body: address,
    detail: { tags: ["caches"], summary: "Purge stored responses" },
  });
}

function addressOf({ url: one, prefix }: typeof address.static): { url: string } | { prefix: string } {
  if (one !== undefined && prefix === undefined) return { url: one };
  if (prefix !== undefined && one === undefined) return { prefix };
  throw new CartwayError("bad_request", { message: "Give either url or prefix." });
}
