import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { policies } from "../../policies/registry.ts";
import type { GatewayConfig } from "../schema.ts";

/**
 * Policies that routes share by name must have equal settings. Otherwise there would be several instances, each granting the full limit.
 */
export function checkSharedSettings({ routes }: Pick<GatewayConfig, "routes">): ConfigIssue[] {
  const known = new Map<string, { readonly settings: object; readonly at: string }>();
  return routes.flatMap((route, index) =>
    route.policies.flatMap(({ type, ...fields }, place) => {
      const part = policies[type]?.shared?.(fields) ?? null;
      if (part === null) return [];
      const at = `/routes/${index}/policies/${place}`;
      const first = known.get(`${type} ${part.name}`);
      if (first === undefined) known.set(`${type} ${part.name}`, { settings: part.settings, at });
      if (first === undefined || Bun.deepEquals(first.settings, part.settings)) return [];
      const message = `the ${type} ${part.name} stands at ${first.at} with other settings`;
      return [{ path: `${at}/name`, message, expected: "the same ones, or another name" }];
    }),
  );
}
