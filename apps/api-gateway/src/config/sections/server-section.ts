import { parseCidr } from "@libs/ip";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { checkErrorPages } from "../../policies/error-pages/pages.ts";
import type { ErrorPagesConfig } from "../../policies/error-pages/schema.ts";
import type { GatewayConfig } from "../schema.ts";
import type { CheckOptions, ConfigSection } from "./sections.ts";

/** Checks of `server`: a misspelt trusted proxy would not be trusted, which shows up late. */
export const serverSection: ConfigSection = {
  check({ server }, options) {
    const { errorPages } = server;
    return [...checkTrust({ server }), ...(errorPages === undefined ? [] : checkPages(errorPages, options))];
  },
};

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
