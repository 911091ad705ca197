import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { policies } from "../../policies/registry.ts";
import type { PolicyConfig } from "../schema.ts";

/** Policies that occur more often in a route than allowed: see `PolicyDefinition.once`. */
export function checkRepeatedPolicies(entries: readonly PolicyConfig[], base: string): ConfigIssue[] {
  const known = new Map<string, string>();
  return entries.flatMap(({ type, ...fields }, index) => {
    const name = policies[type]?.once?.(fields);
    if (name === undefined) return [];
    const at = `${base}/policies/${index}`;
    const first = known.get(`${type} ${name}`);
    known.set(`${type} ${name}`, first ?? at);
    if (first === undefined) return [];
    const message = `the route has the same ${type} at ${first} already`;
    const canBeNamed = Object.hasOwn(policies[type]?.schema.properties ?? {}, "name");
    return [
      { path: at, message, expected: canBeNamed ? "one of them, or a `name` for each" : "one of them" },
    ];
  });
}
