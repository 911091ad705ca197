import { checkServerUrl } from "../../identity/key-server.ts";
import { checkPageOrigin } from "../../identity/page-origin.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { GatewayConfig } from "../schema.ts";
import type { ConfigSection } from "./sections.ts";

/** Checks of `signIn`: providers, allowed redirect targets, and the roles of new users. */
export const signInSection: ConfigSection = {
  check(config) {
    const { providers = {}, origins = [] } = config.signIn ?? {};
    return [
      ...origins.flatMap((text, index) => checkPageOrigin(text, `/signIn/origins/${index}`)),
      ...Object.entries(providers).flatMap(([name, provider]) =>
        checkProvider(config, provider, `/signIn/providers/${name}`),
      ),
    ];
  },
};

type Provider = NonNullable<GatewayConfig["signIn"]>["providers"][string];

function checkProvider({ roles }: GatewayConfig, provider: Provider, path: string): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const urlIssue = checkServerUrl(provider.issuer, provider.allowHttp);
  if (urlIssue !== null) issues.push({ path: `${path}/issuer`, message: urlIssue });
  for (const [index, text] of provider.redirectUris.entries()) {
    const url = URL.parse(text);
    const isPlace = url !== null && url.hash === "" && !dangerousSchemes.has(url.protocol);
    if (isPlace) continue;
    issues.push({
      path: `${path}/redirectUris/${index}`,
      message: `${text} is not a valid redirect target`,
      expected: "a whole URL without a fragment",
    });
  }
  for (const [index, role] of provider.roles.entries()) {
    if (Object.hasOwn(roles, role)) continue;
    issues.push({
      path: `${path}/roles/${index}`,
      message: `the role ${role} is not defined`,
      expected: "a role of `roles`",
    });
  }
  return issues;
}

const dangerousSchemes: ReadonlySet<string> = new Set([
  "javascript:",
  "data:",
  "vbscript:",
  "file:",
  "blob:",
]);
