import { type AnyElysia, Elysia } from "elysia";
import { inspectBucket } from "../../policies/rate-limit/administer-limits.ts";
import type { AdminParts } from "../admin-parts.ts";
import { bucketAddress } from "./bucket-address.ts";

/** `GET /limits/bucket?limit=&key=`: what is left of a bucket, by limiter of that name and by rate. Takes nothing. */
export function inspectLimit({ limiters }: AdminParts): AnyElysia {
  return new Elysia().get(
    "/limits/bucket",
    async ({ query }) => ({ ...query, buckets: await inspectBucket(limiters, query) }),
    { query: bucketAddress, detail: { tags: ["limits"], summary: "Inspect a rate limit's bucket" } },
  );
}
