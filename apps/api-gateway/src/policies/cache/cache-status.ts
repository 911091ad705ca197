import type { HeaderList } from "../../model/http/header-list.ts";

/** Why a request was forwarded to the service (RFC 9211, section 2.2). */
export type ForwardReason = "bypass" | "method" | "uri-miss" | "vary-miss" | "stale" | "request" | "miss";

/** Why a stale answer was given. */
export type StaleDetail = "stale" | "stale-while-revalidate" | "stale-if-error";

export type CacheOutcome =
  | {
      readonly kind: "hit";
      readonly ttlMs: number;
      readonly detail?: StaleDetail;
    }
  | {
      readonly kind: "forwarded";
      readonly reason: ForwardReason;
      readonly status: number;
      readonly stored: boolean;
      /** The stored answer was used after the service confirmed it. */
      readonly collapsed?: boolean;
      /** Why it was not stored. */
      readonly detail?: string;
    };

const name = "Cartway";

/** Adds what this cache did to `Cache-Status` (RFC 9211), after what caches nearer to the service have said. */
export function addCacheStatus(headers: HeaderList, outcome: CacheOutcome): void {
  headers.append("cache-status", [name, ...parameters(outcome)].join("; "));
}

function parameters(outcome: CacheOutcome): string[] {
  const detail = outcome.detail === undefined ? [] : [`detail=${outcome.detail}`];
  if (outcome.kind === "hit") return ["hit", `ttl=${Math.floor(outcome.ttlMs / 1000)}`, ...detail];
  const { reason, status, stored } = outcome;
  return [
    `fwd=${reason}`,
    ...(status === 0 ? [] : [`fwd-status=${status}`]),
    ...(stored ? ["stored"] : []),
    ...detail,
  ];
}
