import type { CartwayError, ErrorCode } from "@libs/errors";
import { errorCodes } from "@libs/errors";

/** Why an exchange ended. Closed, so that readers of the access log can rely on knowing all values. */
export type EndReason =
  /** The service's answer was delivered completely, whatever its status. */
  | "answered"
  /** A policy answered instead of the service: a redirect, a preflight, a cached or static answer. */
  | "answered_by_policy"
  /** The gateway refused the request because of the caller; the code says why. */
  | "refused"
  /** Nothing was sent: no target, an open breaker, a full queue or bulkhead. */
  | "unavailable"
  /** Every attempt failed before an answer, or a required part of an aggregate failed. */
  | "upstream_failed"
  /** The service's answer broke off. */
  | "upstream_cut"
  /** A time limit of the route or the service was exceeded. */
  | "timed_out"
  /** The client left before the answer was complete. */
  | "client_left"
  /** The client read nothing of its answer for too long. */
  | "client_too_slow"
  /** An internal failure of the gateway. */
  | "failed"
  /** One of the gateway's own endpoints answered: sign-in, health, documentation. */
  | "own_endpoint"
  /** Neither a route nor an endpoint of the gateway matched. */
  | "not_routed";

/**
 * How the body of an answer ended: delivered completely, broken off, its client left, its time limit passed, or its client did not read
 * it.
 */
export type BodyEnding = "whole" | "cut" | "left" | "late" | "slow";

export interface Ended {
  readonly error: CartwayError | null;
  readonly ending: BodyEnding;
  readonly attempts: number;
  readonly clientLeft: boolean;
}

export function endReasonOf({ error, ending, attempts, clientLeft }: Ended): EndReason {
  if (ending === "cut") return "upstream_cut";
  if (ending === "late") return "timed_out";
  if (ending === "slow") return "client_too_slow";
  if (ending === "left" || (clientLeft && error?.code === "request_timeout")) return "client_left";
  if (error !== null) return reasonOf(error.code);
  return attempts === 0 ? "answered_by_policy" : "answered";
}

function reasonOf(code: ErrorCode): EndReason {
  switch (code) {
    case "no_target":
    case "breaker_open":
    case "bulkhead_full":
    case "queue_full":
    case "overloaded":
    case "shutting_down":
    case "too_many_connections":
      return "unavailable";
    case "upstream_timeout":
    case "queue_timeout":
    case "request_timeout":
      return "timed_out";
    default:
      return byFault[errorCodes[code].fault];
  }
}

const byFault = { caller: "refused", service: "upstream_failed", gateway: "failed" } as const;
