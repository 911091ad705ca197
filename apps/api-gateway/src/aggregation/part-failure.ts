import { CartwayError, type ErrorCode } from "@libs/errors";
import type { UpstreamResponse } from "../model/upstream.ts";

/** Answers that are as true of the whole as of the part that it cannot do without. */
const codes: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  410: "gone",
  429: "rate_limited",
};

/** Seconds that anybody may be told to wait, from what a service says. */
const retryAfterMax = 86_400;

/** Why a part whose service answered with this has failed. Nothing of what the service says in its body is in it. */
export function failureOfStatus({ status, headers }: UpstreamResponse): CartwayError {
  const seconds = Number(/^\d{1,9}$/.exec(headers.get("retry-after") ?? "")?.[0] ?? 0);
  const challenge = status === 401 ? headers.get("www-authenticate") : null;
  return new CartwayError(codes[status] ?? "service_failed", {
    internal: `a part was answered with ${status}`,
    ...(seconds === 0 ? {} : { retryAfterSeconds: Math.min(seconds, retryAfterMax) }),
    ...(challenge === null ? {} : { headers: { "www-authenticate": challenge } }),
  });
}
