import { CartwayError } from "@libs/errors";
import { CidrSet, parseCidr, parseIp } from "@libs/ip";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";

const networks = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { description, default: [], maxItems: 100_000 });

const schema = Type.Object(
  {
    allow: networks("Allowed networks (CIDR) or addresses; all where empty."),
    deny: networks("Denied networks or addresses, even if `allow` has them."),
  },
  { additionalProperties: false, description: "Lets callers in by their address." },
);

type IpRulesConfig = Static<typeof schema>;

/**
 * Lets callers in by their real address, after the trusted-proxy setting. IPv4 rules hold for mapped IPv6 forms too. What is
 * no address is refused.
 */
export const ipRules: PolicyDefinition<typeof schema, { readonly securityEvents: SecurityEvents }> = {
  type: "ip-rules",
  phase: "guard",
  schema,
  check,
  create(config, { securityEvents }) {
    const allow = config.allow.length === 0 ? null : new CidrSet(config.allow);
    const deny = new CidrSet(config.deny);

    function judge(address: string): "allowed" | "denied" | "not_allowed" | "no_address" {
      const words = parseIp(address);
      if (words === null) return "no_address";
      if (deny.has(words)) return "denied";
      return allow === null || allow.has(words) ? "allowed" : "not_allowed";
    }

    return {
      request(exchange) {
        const verdict = judge(exchange.clientIp);
        if (verdict === "allowed") return undefined;
        securityEvents.report({
          kind: "address_refused",
          route: exchange.routeId,
          reason: verdict,
          address: exchange.clientIp,
        });
        exchange.refusal = refusal(exchange.clientIp, verdict);
        throw new CartwayError("forbidden");
      },
      explain({ clientIp }) {
        const verdict = judge(clientIp);
        return verdict === "allowed"
          ? { verdict: "pass", inputs: { address: clientIp } }
          : refusal(clientIp, verdict);
      },
    };
  },
};

function refusal(address: string, verdict: string): PolicyVerdict {
  return {
    verdict: "refuse",
    inputs: { address, verdict },
    counterfactual: verdict === "denied" ? "an address outside deny" : "an address inside allow",
    status: 403,
  };
}

function check(config: IpRulesConfig): readonly ConfigIssue[] {
  const issues = (["allow", "deny"] as const).flatMap((list) =>
    config[list].flatMap((text, index) =>
      parseCidr(text) === null
        ? [
            {
              path: `/${list}/${index}`,
              message: `${text} is not a network`,
              expected: "10.0.0.0/8, 2001:db8::/32 or an address",
            },
          ]
        : [],
    ),
  );
  if (config.allow.length === 0 && config.deny.length === 0) {
    issues.push({
      path: "",
      message: "has no networks and would admit everybody",
      expected: "allow or deny",
    });
  }
  return issues;
}
