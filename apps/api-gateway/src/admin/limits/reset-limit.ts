import { type AnyElysia, Elysia } from "elysia";
import { inspectBucket, resetBucket } from "../../policies/rate-limit/administer-limits.ts";
import type { AdminParts } from "../admin-parts.ts";
import { bucketAddress } from "./bucket-address.ts";

/** `POST /limits/reset` → the bucket, which is full again. */
export function resetLimit({ limiters, identify, audit }: AdminParts): AnyElysia {
  async function reset(address: { limit: string; key: string }, request: Request): Promise<object> {
    const { actor } = identify(request);
    const subject = `${address.limit}: ${address.key}`;
    await resetBucket(limiters, address, (verb, before) =>
      audit.record({ actor, verb, subject, before, after: "full" }),
    );
    return { ...address, buckets: await inspectBucket(limiters, address) };
  }

  return new Elysia().post("/limits/reset", ({ body, request }) => reset(body, request), {
    body: bucketAddress,
    detail: { tags: ["limits"], summary: "Reset a rate limit's bucket" },
  });
}
