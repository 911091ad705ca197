import type { RateDecision } from "@libs/rate-limit";
import type { HeaderList } from "../../model/http/header-list.ts";

export type HeaderStyle = "draft" | "legacy" | "both" | "none";

/** @param weight scales the caller's limits, and therefore the quotas that are reported */
type WriteLimitHeaders = (headers: HeaderList, decision: RateDecision, weight: number) => void;

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, one item per rate: the quota and its window in seconds,
 * what remains, and when the quota is full again. Compiled once per limit.
 */
export function compileLimitHeaders(style: HeaderStyle): WriteLimitHeaders {
  const isDraft = style === "draft" || style === "both";
  const isLegacy = style === "legacy" || style === "both";
  const policyOf = rememberLast(describePolicy);
  return (headers, decision, weight) => {
    const { states } = decision;
    if (states.length === 0) return;
    if (isDraft) {
      headers.append("ratelimit-policy", policyOf(states, weight));
      headers.append("ratelimit", describeState(states));
    }
    if (isLegacy) addLegacyHeaders(headers, decision, weight);
  };
}

type States = RateDecision["states"];

/** Caches the last result: the text depends only on the weight, which is the same for nearly all callers. */
function rememberLast(describe: typeof describePolicy): typeof describePolicy {
  let last: { readonly weight: number; readonly text: string } | null = null;
  return (states, weight) => {
    if (last?.weight !== weight) last = { weight, text: describe(states, weight) };
    return last.text;
  };
}

function describePolicy(states: States, weight: number): string {
  return states
    .map(({ rate }) => `"${rate.name}";q=${quota(rate.limit, weight)};w=${seconds(rate.windowMs)}`)
    .join(", ");
}

function describeState(states: States): string {
  let text = "";
  for (const { rate, remaining, resetMs } of states)
    text += `${text === "" ? "" : ", "}"${rate.name}";r=${remaining};t=${seconds(resetMs)}`;
  return text;
}

/** The older format has room for one limit: the one closest to exhaustion. */
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
