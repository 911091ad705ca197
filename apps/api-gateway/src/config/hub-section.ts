import { checkHubConfig } from "../hub/config/check-hub-config.ts";
import type { ConfigSection } from "./sections.ts";

/** `hub`: what its schema cannot say. */
export const hubSection: ConfigSection = {
  check({ hub, services, identity }) {
    if (hub === undefined) return [];
    const issues = checkHubConfig(hub, {
      services: Object.keys(services),
      identities: Object.keys(identity),
    });
    return issues.map((issue) => ({ ...issue, path: `/hub${issue.path}` }));
  },
};
