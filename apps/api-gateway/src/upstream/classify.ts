import { CartwayError, type ErrorCode } from "@libs/errors";
import { isDeadline } from "../model/upstream/is-deadline.ts";
import { type Abortable, UpstreamFailure, type UpstreamFailureKind } from "../model/upstream/upstream.ts";

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

/** Clients reject with failures only; anything else is a bug, and must still settle the admission. */
export function failureOf(thrown: unknown): UpstreamFailure {
  return thrown instanceof UpstreamFailure
    ? thrown
    : new UpstreamFailure("reset", "some", "the client failed by itself", thrown);
}

/**
 * The error that a caller gets for a failed attempt: the kind of failure, never the target. A request body that was cut off, such as
 * one above its limit, is the caller's failure and not the target's.
 */
export function classifyFailure(failure: UpstreamFailure): CartwayError {
  if (failure.cause instanceof CartwayError) return failure.cause;
  return new CartwayError(codes[failure.kind], { internal: failure.message, cause: failure });
}

/** The error of a failed attempt of a request that its caller or its deadline may have ended. */
export function callerError(failure: UpstreamFailure, abortable: Abortable): CartwayError {
  const isAborted = failure.kind === "aborted" && !(failure.cause instanceof CartwayError);
  return isAborted ? abortedError(abortable) : classifyFailure(failure);
}

/** Tells the gateway's own deadline for the service from a client that has left. */
export function abortedError(abortable: Abortable): CartwayError {
  return isDeadline(abortable)
    ? new CartwayError("upstream_timeout", { internal: "the request's deadline passed" })
    : new CartwayError("request_timeout", { internal: "the client left" });
}
