import { checkHubConfig } from "../hub/config/check-hub-config.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { ConfigSection } from "./sections.ts";

/** `hub`: what its schema cannot say. */
export const hubSection: ConfigSection = {
  check({ hub, services, identity, routes }) {
    if (hub === undefined) return [];
    const issues = checkHubConfig(hub, {
      services: Object.keys(services),
      identities: Object.keys(identity),
    });
    const taken = new Set(hub.endpoints.map(({ path }) => path));
    return [
      ...issues.map((issue) => ({ ...issue, path: `/hub${issue.path}` })),
      ...routes.flatMap(({ id, match }, index) =>
        taken.has(match.path) ? [behindTheHub(id, match.path, `/routes/${index}/match/path`)] : [],
      ),
    ];
  },
};

/** The hub is asked before any route. */
function behindTheHub(route: string, endpoint: string, path: string): ConfigIssue {
  const message = `the route ${route} can never match: the hub's endpoint ${endpoint} takes its path`;
  return { path, message, expected: "another path" };
}
