import { discoveries } from "../discovery/registry.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { TypedEntry } from "../model/typed-entry.ts";
import { balancers } from "../upstream/balancing/registry.ts";
import type { ConfigSection } from "./sections.ts";
import { encodePointer } from "./validate.ts";

/** `services`: what the schemas of their discovery and balancer cannot say. */
export const servicesSection: ConfigSection = {
  check({ services }) {
    return Object.entries(services).flatMap(([name, { discovery, balancer }]) => {
      const path = `/services/${encodePointer(name)}`;
      return [
        ...checkEntry(discoveries, discovery, `${path}/discovery`),
        ...checkEntry(balancers, balancer, `${path}/balancer`),
      ];
    });
  },
};

interface Checkable {
  check?(config: unknown): readonly ConfigIssue[];
}

function checkEntry(
  registry: Readonly<Record<string, Checkable>>,
  { type, ...fields }: TypedEntry,
  path: string,
): ConfigIssue[] {
  const issues = registry[type]?.check?.(fields) ?? [];
  return issues.map((issue) => ({ ...issue, path: path + issue.path }));
}
