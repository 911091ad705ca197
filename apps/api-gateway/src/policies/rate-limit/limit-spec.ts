import type { Rate } from "@libs/rate-limit";
import { compileClaimPath } from "../../identity/claim-mapping.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Principal } from "../../model/identity/principal.ts";
import type { LimiterSpec } from "./limiter-pool.ts";
import type { FrameLimitConfig } from "./schema.ts";

/** The settings of a limit, on requests or frames. */
export type LimitConfig = FrameLimitConfig;

/**
 * @param place in the config, such as `route events` or `hub /ws`: part of the name unless the limit is shared
 * @param rates of the config, where several places share them
 */
export function toSpec(config: LimitConfig, place: string, rates = toRates(config)): LimiterSpec {
  const name = `${config.shared ? "shared" : place} ${ownName(config)}`;
  const { onStoreError, lease, storeTimeoutMs: timeoutMs, keysMax } = config;
  if (config.store === "in-process") return { name, rates, keysMax, store: { type: "in-process" } };
  if (onStoreError === undefined)
    throw new TypeError(`the limit ${name} does not say what happens while Redis is away`);
  return { name, rates, keysMax, store: { type: config.store, onStoreError, timeoutMs, ...lease } };
}

/** What tells the limits of one place apart: two of the same name would count in the same buckets. */
export function ownName({ name, by }: Pick<LimitConfig, "name" | "by">): string {
  return name ?? by.map(describe).join("+");
}

export function toRates(config: LimitConfig): readonly Rate[] {
  const { limit, windowMs, burst, limits } = config;
  const listed =
    limits ??
    (limit === undefined || windowMs === undefined
      ? []
      : [{ limit, windowMs, ...(burst === undefined ? {} : { burst }) }]);
  return listed.map((rate, index) => ({
    ...rate,
    name: ("name" in rate ? rate.name : undefined) ?? nameOf(config, index, listed.length),
  }));
}

function nameOf(config: LimitConfig, index: number, count: number): string {
  const base = config.name ?? "default";
  return count === 1 ? base : `${base}-${index + 1}`;
}

function describe(part: LimitConfig["by"][number]): string {
  if (typeof part === "string") return part;
  return "header" in part ? `header ${part.header}` : `claim ${part.claim}`;
}

/** Compiles the weight of a caller's limits, by plan and key. */
export function compileWeight(
  config: LimitConfig,
): (caller: { readonly principal: Principal | null }) => number {
  const readPlan = config.planClaim === undefined ? null : compileClaimPath(config.planClaim);
  const weights = new Map(Object.entries(config.weights));
  return ({ principal }) => {
    if (principal === null) return 1;
    const plan = principal.plan ?? readPlan?.(principal.claims);
    const share = typeof plan === "string" ? (weights.get(plan) ?? 1) : 1;
    return share * principal.weight;
  };
}

/** Checks that the schema cannot express. @param cost units per request */
export function checkLimit(config: LimitConfig, cost: number): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const single = config.limit !== undefined && config.windowMs !== undefined;
  if (single === (config.limits !== undefined)) {
    issues.push({
      path: "",
      message: "requires either limit and windowMs, or limits",
      expected: "one of both",
    });
  }
  if (config.store !== "in-process" && config.onStoreError === undefined) {
    issues.push({
      path: "/onStoreError",
      message: "missing",
      expected: "deny, allow or local: what happens while Redis is away",
    });
  }
  if (config.shared && config.name === undefined) {
    issues.push({ path: "/name", message: "missing", expected: "a name by which routes share the limit" });
  }
  const tooSmall = toRates(config).findIndex((rate) => (rate.burst ?? rate.limit) < cost);
  if (tooSmall !== -1)
    issues.push({ path: "/cost", message: "exceeds the burst of a limit: no request would ever pass" });
  const names = toRates(config).map((rate) => rate.name);
  if (new Set(names).size !== names.length)
    issues.push({ path: "/limits", message: "two limits have the same name" });
  return issues;
}
