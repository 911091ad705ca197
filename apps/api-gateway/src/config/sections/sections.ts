import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Steps } from "../../model/steps.ts";
import { hubSection } from "./hub-section.ts";
import { identitySection } from "./identity-section.ts";
import { routesSection } from "./routes-section.ts";
import type { GatewayConfig } from "../schema.ts";
import { serverSection } from "./server-section.ts";
import { servicesSection } from "./services-section.ts";
import { signInSection } from "./sign-in-section.ts";

export interface CheckOptions {
  /** Whether to read files that the config names. */
  readonly readsFiles: boolean;
}

/** Checks of one section of the config that its schema cannot express. */
export interface ConfigSection {
  /** `config` has passed its schema, with defaults filled in. A section of which there may be thousands is checked in steps. */
  check(config: GatewayConfig, options: CheckOptions): readonly ConfigIssue[] | Steps<readonly ConfigIssue[]>;
}

export const sections: readonly ConfigSection[] = [
  serverSection,
  servicesSection,
  identitySection,
  signInSection,
  routesSection,
  hubSection,
];
