import { CartwayError } from "@libs/errors";
import type { RateDecision } from "@libs/rate-limit";

/** What a caller is told whose limit could not be looked up: 503, for a 429 would say that they had used it up. */
export function storeUnavailable(limit: string, { retryAfterMs }: RateDecision): CartwayError {
  return new CartwayError("store_unavailable", {
    internal: `the store of the limit ${limit} does not answer, and onStoreError is deny`,
    retryAfterSeconds: retryAfterMs / 1000,
  });
}
