import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyPlace } from "../../model/exchange/policy.ts";
import { checkLimit } from "./limit-spec.ts";
import type { RateLimitConfig } from "./schema.ts";

/** Rules of a limit on requests that its schema cannot express. */
export function checkRateLimit(config: RateLimitConfig, place: PolicyPlace): readonly ConfigIssue[] {
  return [...checkCallerParts(config, place), ...checkLimit(config, config.cost)];
}

/** Refuses keys that no policy of the route determines: all callers would silently be counted by address. */
function checkCallerParts({ by }: RateLimitConfig, { policies }: PolicyPlace): ConfigIssue[] {
  return by.flatMap((part, index) => {
    const sources = sourcesOf(part);
    if (sources.length === 0 || sources.some((type) => policies.includes(type))) return [];
    const message = `${JSON.stringify(part)} is unknown on this route: all callers would be counted by address`;
    return [{ path: `/by/${index}`, message, expected: `a policy ${sources.join(" or ")} beside it, or ip` }];
  });
}

/** The policies that can determine this part of the key; none where every request has it. */
function sourcesOf(part: RateLimitConfig["by"][number]): readonly string[] {
  if (part === "tenant") return ["tenant", "authenticate"];
  const needsCaller = part === "user" || part === "key" || (typeof part === "object" && "claim" in part);
  return needsCaller ? ["authenticate"] : [];
}
