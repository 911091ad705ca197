import { CartwayError } from "@libs/errors";
import type { RateDecision } from "@libs/rate-limit";

/** The error where a limit could not be checked: 503, because a 429 would claim that the caller exceeded it. */
export function storeUnavailable(limit: string, { retryAfterMs }: RateDecision): CartwayError {
  return new CartwayError("store_unavailable", {
    internal: `the store of the limit ${limit} does not answer, and onStoreError is deny`,
    retryAfterSeconds: retryAfterMs / 1000,
  });
}
