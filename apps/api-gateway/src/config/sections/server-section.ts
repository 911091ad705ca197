import { parseCidr } from "@libs/ip";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { reservedHeaderNames } from "../../model/http/reserved-headers.ts";
import { checkErrorPages } from "../../policies/error-pages/pages.ts";
import type { ErrorPagesConfig } from "../../policies/error-pages/schema.ts";
import type { GatewayConfig } from "../schema.ts";
import type { CheckOptions, ConfigSection } from "./sections.ts";

/** Checks of `server`: a misspelt trusted proxy would not be trusted, which shows up late. */
export const serverSection: ConfigSection = {
  check({ server, identity }, options) {
    const { errorPages } = server;
    return [
      ...checkTrust({ server }),
      ...checkLogged(server.accessLog.requestHeaders, identity),
      ...(errorPages === undefined ? [] : checkPages(errorPages, options)),
    ];
  },
};

const credentials: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "x-api-key",
  "x-csrf-token",
]);

/** Log lines never contain credentials, nor names that a client only claims to have. */
function checkLogged(names: readonly string[], identity: GatewayConfig["identity"]): ConfigIssue[] {
  const ofIdentities = new Set(Object.values(identity).map((entry) => entry["header"]));
  return names.flatMap((name, index) => {
    const path = `/server/accessLog/requestHeaders/${index}`;
    if (credentials.has(name) || ofIdentities.has(name))
      return [
        { path, message: `${name} carries credentials, which are never logged`, expected: "another header" },
      ];
    if (!reservedHeaderNames.has(name)) return [];
    const message = `${name} is the gateway's own: what clients send by that name is not believed`;
    return [{ path, message, expected: "another header" }];
  });
}

function checkPages(errorPages: ErrorPagesConfig, options: CheckOptions): ConfigIssue[] {
  return checkErrorPages(errorPages, options).map((issue) => ({
    ...issue,
    path: `/server/errorPages${issue.path}`,
  }));
}

function checkTrust({ server }: Pick<GatewayConfig, "server">): ConfigIssue[] {
  if (server.trustedHops > 0 && server.trustedProxies.length > 0)
    return [
      {
        path: "/server/trustedHops",
        message: "both trustedHops and trustedProxies are set",
        expected: "trustedHops or trustedProxies",
      },
    ];
  return server.trustedProxies.flatMap((text, index) =>
    parseCidr(text) !== null
      ? []
      : [
          {
            path: `/server/trustedProxies/${index}`,
            message: `${JSON.stringify(text)} is neither an address nor a CIDR`,
            expected: "such as 10.0.0.0/8 or ::1",
          },
        ],
  );
}
