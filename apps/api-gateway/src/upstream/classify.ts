import { CartwayError, type ErrorCode } from "@libs/errors";
import type { UpstreamFailure, UpstreamFailureKind } from "../model/upstream/upstream.ts";

const codes = {
  connect: "upstream_unreachable",
  "connect-timeout": "upstream_timeout",
  tls: "upstream_unreachable",
  "pool-full": "bulkhead_full",
  reset: "upstream_reset",
  "first-byte-timeout": "upstream_timeout",
  "idle-timeout": "upstream_timeout",
  "invalid-response": "upstream_invalid",
  aborted: "request_timeout",
} as const satisfies Record<UpstreamFailureKind, ErrorCode>;

/**
 * The error that a caller gets for a failed attempt: the kind of failure, never the target. A request body that was cut off, such as
 * one above its limit, is the caller's failure and not the target's.
 */
export function classifyFailure(failure: UpstreamFailure): CartwayError {
  if (failure.cause instanceof CartwayError) return failure.cause;
  return new CartwayError(codes[failure.kind], { internal: failure.message, cause: failure });
}
