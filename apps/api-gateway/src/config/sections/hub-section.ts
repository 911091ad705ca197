import { checkHubConfig } from "../../hub/config/check-hub-config.ts";
import { checkUsers } from "../../hub/config/check-users.ts";
import { hubPathsOf } from "../../hub/hub-paths.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { OwnEndpoints } from "../../routing/own-endpoints.ts";
import type { GatewayConfig } from "../schema.ts";
import type { ConfigSection } from "./sections.ts";

/** Checks of `hub` beyond its schema. */
export const hubSection: ConfigSection = {
  check(config) {
    const { hub, services, identity } = config;
    const issues =
      hub === undefined
        ? []
        : checkHubConfig(hub, { services: Object.keys(services), identities: Object.keys(identity) });
    return [
      ...issues.map((issue) => ({ ...issue, path: `/hub${issue.path}` })),
      ...(hub === undefined ? [] : checkUsers(hub, identity)),
      ...checkEndpoints(config),
      ...checkRoutes(config),
    ];
  },
};

const own = new OwnEndpoints({ hasSignIn: true });

/** The hub is dispatched before the gateway's own endpoints. */
function checkEndpoints({ hub }: GatewayConfig): ConfigIssue[] {
  return (hub?.endpoints ?? []).flatMap(({ path }, index) => {
    const hidden = own.find(path);
    if (hidden === null) return [];
    const message = `${path} is the gateway's own: ${hidden} could not be reached any more`;
    return [{ path: `/hub/endpoints/${index}/path`, message, expected: "another path" }];
  });
}

/** And before all routes. */
function checkRoutes({ hub, routes }: GatewayConfig): ConfigIssue[] {
  const taken = new Set(hubPathsOf(hub?.endpoints ?? []));
  return routes.flatMap(({ id, match }, index) => {
    if (!taken.has(match.path)) return [];
    const message = `the route ${id} can never match: the hub's endpoint ${match.path} takes its path`;
    return [{ path: `/routes/${index}/match/path`, message, expected: "another path" }];
  });
}
