import { hubSection } from "./hub-section.ts";
import { identitySection } from "./identity-section.ts";
import type { ConfigIssue } from "../model/config-issue.ts";
import type { GatewayConfig } from "./schema.ts";
import { signInSection } from "./sign-in-section.ts";

/** Checks of a part of the config that has a registry or a schema of its own. */
export interface ConfigSection {
  check(config: GatewayConfig): readonly ConfigIssue[];
}

export const sections: readonly ConfigSection[] = [identitySection, signInSection, hubSection];
