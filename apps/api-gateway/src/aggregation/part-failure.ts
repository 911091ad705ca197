import { CartwayError, type ErrorCode } from "@libs/errors";
import type { UpstreamResponse } from "../model/upstream/upstream.ts";

/** Statuses of a required part that are passed on as the whole answer's. */
const codes: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  410: "gone",
  429: "rate_limited",
};

/** Upper bound for a service's Retry-After, in seconds. */
const retryAfterMax = 86_400;

/** The error of a part whose service answered with a failure; nothing of that answer's body is in it. */
export function failureOfStatus({ status, headers }: UpstreamResponse): CartwayError {
  const seconds = Number(/^\d{1,9}$/.exec(headers.get("retry-after") ?? "")?.[0] ?? 0);
  const challenge = status === 401 ? headers.get("www-authenticate") : null;
  return new CartwayError(codes[status] ?? "service_failed", {
    internal: `a part was answered with ${status}`,
    ...(seconds === 0 ? {} : { retryAfterSeconds: Math.min(seconds, retryAfterMax) }),
    ...(challenge === null ? {} : { headers: { "www-authenticate": challenge } }),
  });
}
