import { type Directives, secondsOf } from "../../model/http/cache-control.ts";
import { ageOf, type StoredResponse } from "./stored-response.ts";

/** How a stored answer may be used. */
export type StoredVerdict =
  | { readonly use: "fresh" | "stale" }
  /** Serve it and revalidate in the background. */
  | { readonly use: "stale-while-revalidate" }
  /** Ask the service first; `reason` as in Cache-Status. */
  | { readonly use: "revalidate"; readonly reason: "stale" | "request" };

/** RFC 9111, sections 4.2 and 5.2.1; `request` is empty if client directives are ignored. */
export function judgeStored(stored: StoredResponse, request: Directives, now: number): StoredVerdict {
  const ageMs = ageOf(stored, now);
  if (request.has("no-cache")) return { use: "revalidate", reason: "request" };
  if (stored.noCache) return { use: "revalidate", reason: "stale" };
  const maxAgeMs = secondsOf(request, "max-age");
  if (maxAgeMs !== null && ageMs > maxAgeMs) return { use: "revalidate", reason: "request" };
  const leftMs = stored.freshMs - ageMs;
  const minFreshMs = secondsOf(request, "min-fresh");
  if (minFreshMs !== null && leftMs < minFreshMs) return { use: "revalidate", reason: "request" };
  if (leftMs > 0) return { use: "fresh" };
  if (!stored.mustRevalidate && isStaleEnough(request, -leftMs)) return { use: "stale" };
  if (-leftMs < stored.staleWhileRevalidateMs) return { use: "stale-while-revalidate" };
  return { use: "revalidate", reason: "stale" };
}

/** Whether a stored answer may stand in for an error: one that is fresh, or stale no longer than allowed (RFC 5861, section 4). */
export function mayStandIn(stored: StoredResponse, request: Directives, now: number): boolean {
  if (stored.noCache) return false;
  const staleMs = ageOf(stored, now) - stored.freshMs;
  const asked = stored.mustRevalidate ? 0 : (secondsOf(request, "stale-if-error") ?? 0);
  return staleMs < Math.max(stored.staleIfErrorMs, asked);
}

function isStaleEnough(request: Directives, staleMs: number): boolean {
  const allowed = request.get("max-stale");
  if (allowed === undefined) return false;
  return allowed === true || staleMs <= (secondsOf(request, "max-stale") ?? 0);
}
