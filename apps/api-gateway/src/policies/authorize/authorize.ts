import { coversPermission, type RoleGraph } from "@libs/auth";
import type { CartwayError } from "@libs/errors";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/exchange/policy.ts";
import type { Principal } from "../../model/identity/principal.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { insufficientRights, insufficientScope, unauthenticated } from "../authenticate/challenge.ts";
import { oneOf } from "../path-parameters.ts";
import { compileRule, type Rule } from "./rule.ts";

const words = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 128, pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$" }), {
      description,
      minItems: 1,
      maxItems: 64,
    }),
  );

const schema = Type.Object(
  {
    roles: words("Any one of these roles."),
    scopes: words("All of these scopes."),
    permissions: words("All of these permissions, which the caller's roles grant by the config's `roles`."),
    rules: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), {
        description:
          "Expressions (CEL) that must all be true, over claim, path, roles, scopes, subject, tenant, method, host and ip: claim.customer == path.customerId.",
        minItems: 1,
        maxItems: 16,
      }),
    ),
    realm: Type.String({
      description: "Named in WWW-Authenticate.",
      default: "cartway",
      pattern: "^[A-Za-z0-9 ._-]+$",
      maxLength: 64,
    }),
  },
  {
    additionalProperties: false,
    description: "Admits only callers with the required roles, scopes or permissions.",
  },
);

type AuthorizeConfig = Static<typeof schema>;

export interface AuthorizeDeps {
  readonly roles: RoleGraph;
  readonly securityEvents: SecurityEvents;
}

type Denial = "role" | "scope" | "permission";

/** Refuses callers without the required rights: 401 for anonymous ones, 403 for others. */
export const authorize: PolicyDefinition<typeof schema, AuthorizeDeps> = {
  type: "authorize",
  phase: "authorize",
  schema,
  check,
  create(config, { roles, securityEvents }) {
    const rules = compileAll(config);
    // principals are immutable and live as long as their token is cached
    const known = new WeakMap<Principal, Denial | "granted">();

    function judge(principal: Principal): Denial | "granted" {
      const before = known.get(principal);
      if (before !== undefined) return before;
      const verdict = judgeGrants(config, roles, principal);
      known.set(principal, verdict);
      return verdict;
    }

    function findDenial(exchange: Exchange, principal: Principal): Denial | "rule" | "too_large" | null {
      const verdict = judge(principal);
      if (verdict !== "granted") return verdict;
      for (const rule of rules) {
        const outcome = rule(exchange);
        if (outcome !== "holds") return outcome === "fails" ? "rule" : "too_large";
      }
      return null;
    }

    function refusal({ principal }: Exchange, reason: string): PolicyVerdict {
      const inputs = { ...grantsOf(principal), failed: reason };
      return {
        verdict: "refuse",
        inputs,
        counterfactual: describeNeed(config, reason),
        status: reason === "anonymous" ? 401 : 403,
      };
    }

    function deny(exchange: Exchange, principal: Principal, reason: string): CartwayError {
      securityEvents.report({
        kind: "access_denied",
        route: exchange.routeId,
        reason,
        address: exchange.clientIp,
      });
      exchange.refusal = refusal(exchange, reason);
      return reason === "scope"
        ? insufficientScope(config.realm, principal, config.scopes ?? [])
        : insufficientRights(config.realm, principal);
    }

    return {
      request(exchange) {
        const { principal } = exchange;
        if (principal === null) {
          exchange.refusal = refusal(exchange, "anonymous");
          throw unauthenticated({ realm: config.realm, asked: exchange.askedCredentials });
        }
        const denial = findDenial(exchange, principal);
        if (denial !== null) throw deny(exchange, principal, denial);
        return undefined;
      },
      explain(exchange) {
        const { principal } = exchange;
        const denial = principal === null ? "anonymous" : findDenial(exchange, principal);
        return denial === null ? { verdict: "pass", inputs: grantsOf(principal) } : refusal(exchange, denial);
      },
    };
  },
};

function grantsOf(principal: Principal | null) {
  return { roles: principal?.roles ?? [], scopes: principal?.scopes ?? [] };
}

function judgeGrants(config: AuthorizeConfig, roles: RoleGraph, principal: Principal): Denial | "granted" {
  if (config.roles !== undefined && !principal.roles.some((role) => config.roles?.includes(role)))
    return "role";
  if (config.scopes?.some((scope) => !principal.scopes.includes(scope))) return "scope";
  if (config.permissions?.some((permission) => !roles.allows(principal.roles, permission)))
    return "permission";
  return "granted";
}

function check(config: AuthorizeConfig, place: PolicyPlace): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = (config.rules ?? []).flatMap((source, index) => {
    const compiled = compileRule(source);
    return compiled.ok ? [] : [{ path: `/rules/${index}`, message: compiled.message }];
  });
  if (!place.policies.includes("authenticate")) {
    const message = "would let nobody pass: nothing on this route finds out who calls";
    issues.push({ path: "", message, expected: "an authenticate policy beside it" });
  }
  for (const [index, source] of (config.rules ?? []).entries())
    issues.push(...checkParameters(source, place, `/rules/${index}`));
  for (const [index, permission] of (config.permissions ?? []).entries()) {
    if (coversPermission(place.permissions, permission)) continue;
    const message = `would let nobody pass: no role of the config grants ${permission}`;
    issues.push({ path: `/permissions/${index}`, message, expected: "a permission of one of the `roles`" });
  }
  const asks = [config.roles, config.scopes, config.permissions, config.rules];
  if (asks.every((part) => part === undefined)) {
    issues.push({ path: "", message: "requires nothing: set roles, scopes, permissions or rules" });
  }
  return issues;
}

/** A rule over a parameter that the route's path does not have could never hold. */
function checkParameters(source: string, { parameters }: PolicyPlace, path: string): ConfigIssue[] {
  const named = [...source.matchAll(/(?<![\w.])path\.(\w+)/g)].map(([, name = ""]) => name);
  return named
    .filter((name) => !parameters.includes(name))
    .map((name) => ({ path, message: `the route's path has no parameter ${name}`, ...oneOf(parameters) }));
}

function compileAll(config: AuthorizeConfig): readonly Rule[] {
  return (config.rules ?? []).map((source) => {
    const compiled = compileRule(source);
    if (!compiled.ok) throw new TypeError(`rule ${source}: ${compiled.message}`);
    return compiled.rule;
  });
}

function describeNeed(config: AuthorizeConfig, reason: string): string {
  if (reason === "anonymous") return "a caller whom an identity of the route knows";
  if (reason === "role") return `one of the roles ${config.roles?.join(", ")}`;
  if (reason === "scope") return `the scopes ${config.scopes?.join(", ")}`;
  if (reason === "permission") return `the permissions ${config.permissions?.join(", ")}`;
  if (reason === "too_large")
    return "fewer roles, scopes and claims than a loop of the rules would look through";
  return `that the rules hold: ${config.rules?.join("; ")}`;
}
