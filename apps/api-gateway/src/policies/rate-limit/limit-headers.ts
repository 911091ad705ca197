import type { RateDecision } from "@libs/rate-limit";
import type { HeaderList } from "../../model/header-list.ts";

export type HeaderStyle = "draft" | "legacy" | "both" | "none";

/**
 * `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 has them, one item a rate: the quota and its
 * window in seconds, what remains and when the quota is whole again.
 */
export function addLimitHeaders(
  headers: HeaderList,
  decision: RateDecision,
  options: { readonly style: HeaderStyle; readonly weight: number },
): void {
  const { states } = decision;
  if (states.length === 0) return;
  if (options.style === "draft" || options.style === "both") {
    headers.append(
      "ratelimit-policy",
      states
        .map(
          ({ rate }) => `"${rate.name}";q=${quota(rate.limit, options.weight)};w=${seconds(rate.windowMs)}`,
        )
        .join(", "),
    );
    headers.append(
      "ratelimit",
      states
        .map(({ rate, remaining, resetMs }) => `"${rate.name}";r=${remaining};t=${seconds(resetMs)}`)
        .join(", "),
    );
  }
  if (options.style === "legacy" || options.style === "both")
    addLegacyHeaders(headers, decision, options.weight);
}

/** The old form has room for one limit: the one that is nearest to its end. */
function addLegacyHeaders(headers: HeaderList, { states }: RateDecision, weight: number): void {
  const [tightest] = states.toSorted((left, right) => left.remaining - right.remaining);
  if (tightest === undefined) return;
  headers.set("x-ratelimit-limit", String(quota(tightest.rate.limit, weight)));
  headers.set("x-ratelimit-remaining", String(tightest.remaining));
  headers.set("x-ratelimit-reset", String(seconds(tightest.resetMs)));
}

function quota(limit: number, weight: number): number {
  return Math.max(0, Math.floor(limit * weight));
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
