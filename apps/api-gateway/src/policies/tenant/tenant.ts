import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/exchange/policy.ts";
import { reservedHeaders } from "../../model/http/reserved-headers.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { removeSpellings } from "../remove-spellings.ts";
import { oneOf } from "../path-parameters.ts";

const schema = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        description: "A host with {tenant} as one label: {tenant}.shop.example.",
        pattern: "^[a-z0-9.-]*\\{tenant\\}[a-z0-9.-]*$",
        maxLength: 253,
      }),
    ),
    header: Type.Optional(
      Type.String({
        description: "A header that names the tenant, in lower case.",
        pattern: "^[a-z0-9-]+$",
        maxLength: 64,
      }),
    ),
    parameter: Type.Optional(
      Type.String({
        description: "A path parameter of the route that names the tenant.",
        minLength: 1,
        maxLength: 64,
      }),
    ),
    known: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        description:
          "Known tenants; others are refused. Where absent, only tenants granted by an identity are accepted.",
        minItems: 1,
        maxItems: 100_000,
      }),
    ),
    anonymous: Type.Boolean({
      description:
        "Lets callers without an identity name a tenant, as visitors of a shop's own host do. Needs `known`.",
      default: false,
    }),
    crossTenantRoles: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      description: "Roles whose holders may act for any known tenant.",
      default: [],
      maxItems: 16,
    }),
    required: Type.Boolean({ description: "Refuses requests for which no tenant is known.", default: true }),
  },
  { additionalProperties: false, description: "Settles for which tenant a request is." },
);

type TenantConfig = Static<typeof schema>;

export interface TenantDeps {
  readonly securityEvents: SecurityEvents;
  readonly metrics: Metrics;
}

/** Tenants that have a series of their own; the others share one. */
const seriesMax = 1000;

const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Determines the tenant of a request: the one named by host, header or path, otherwise the one that the caller's identity grants. A caller
 * can only name tenants that the identity grants, and all names in a request must agree.
 */
export const tenant: PolicyDefinition<typeof schema, TenantDeps> = {
  type: "tenant",
  phase: "admit",
  schema,
  check,
  create(config, { securityEvents, metrics }) {
    const known = config.known === undefined ? null : new Set(config.known);
    const readNames = compileSources(config);
    const withholdUnread = compileWithholding(config);
    const requests = metrics.counter({
      name: "cartway_tenant_requests_total",
      help: "Requests that were admitted, by the tenant they are for.",
      labels: ["tenant"],
      seriesMax,
    });

    function refuse(exchange: Exchange, reason: string): CartwayError {
      securityEvents.report({
        kind: "tenant_refused",
        route: exchange.routeId,
        reason,
        address: exchange.clientIp,
      });
      exchange.refusal = refusal(exchange, reason);
      // one answer for all reasons, so that callers do not learn which tenants exist
      return new CartwayError("forbidden", { message: "You do not have access to this tenant." });
    }

    function mayName(exchange: Exchange, name: string): boolean {
      const { principal } = exchange;
      if (principal === null) return config.anonymous && known !== null;
      if (principal.tenantId === name) return true;
      return known !== null && principal.roles.some((role) => config.crossTenantRoles.includes(role));
    }

    function judge(exchange: Exchange): Verdict {
      const names = readNames(exchange);
      const name = names[0] ?? exchange.principal?.tenantId ?? null;
      if (name === null) return { name, fault: config.required ? "missing" : null };
      if (names.some((other) => other !== name)) return { name, fault: "contradiction" };
      if (!tenantPattern.test(name) || (known !== null && !known.has(name)))
        return { name, fault: "unknown" };
      return { name, fault: mayName(exchange, name) ? null : "not_granted" };
    }

    return {
      request(exchange) {
        withholdUnread(exchange);
        const { name, fault } = judge(exchange);
        if (fault !== null) throw refuse(exchange, fault);
        if (name !== null) {
          settle(exchange, name);
          requests.with({ tenant: name }).inc();
        }
        return undefined;
      },
      explain(exchange) {
        withholdUnread(exchange);
        const { name, fault } = judge(exchange);
        if (fault !== null) return refusal(exchange, fault);
        if (name === null) return { verdict: "skip", inputs: { tenant: null } };
        settle(exchange, name);
        return { verdict: "pass", inputs: { tenant: name } };
      },
    };
  },
};

interface Verdict {
  readonly name: string | null;
  readonly fault: "missing" | "contradiction" | "unknown" | "not_granted" | null;
}

function settle(exchange: Exchange, name: string): void {
  exchange.tenantId = name;
  exchange.upstreamHeaders.set(reservedHeaders.tenantId, name);
}

function refusal({ principal }: Exchange, reason: string): PolicyVerdict {
  return {
    verdict: "refuse",
    inputs: { granted: principal?.tenantId ?? null, reason },
    counterfactual: "a tenant that is known and that the caller's identity grants",
    status: 403,
  };
}

function check(config: TenantConfig, place: PolicyPlace): readonly ConfigIssue[] {
  const { host, header, parameter } = config;
  const issues: ConfigIssue[] = [];
  if (parameter !== undefined && !place.parameters.includes(parameter)) {
    const message = `the route's path has no parameter ${parameter}`;
    issues.push({ path: "/parameter", message, ...oneOf(place.parameters) });
  }
  const isNamed = host !== undefined || header !== undefined || parameter !== undefined;
  if (!place.policies.includes("authenticate") && !(isNamed && config.anonymous)) {
    const message = "would know no tenant: nothing on this route finds out who calls";
    issues.push({ path: "", message, expected: "an authenticate policy beside it, or anonymous callers" });
  }
  if (config.known === undefined && config.anonymous) {
    issues.push({
      path: "/anonymous",
      message: "allows anybody to name any tenant",
      expected: "known tenants beside it",
    });
  }
  if (config.known === undefined && config.crossTenantRoles.length > 0) {
    issues.push({
      path: "/crossTenantRoles",
      message: "would accept tenants that do not exist",
      expected: "known tenants beside it",
    });
  }
  return issues;
}

/** Services could take another spelling of the header for the one that was checked. */
function compileWithholding({ header }: TenantConfig): (exchange: Exchange) => void {
  if (header === undefined) return () => undefined;
  const names = new Set([header]);
  return ({ upstreamHeaders }) => removeSpellings(upstreamHeaders, names, header);
}

/** What the request itself names, from each place that the config has. */
function compileSources(config: TenantConfig): (exchange: Exchange) => readonly string[] {
  const sources: ((exchange: Exchange) => string | null)[] = [];
  const { host, header, parameter } = config;
  if (host !== undefined) {
    const [before = "", after = ""] = host.split("{tenant}");
    sources.push(({ target }) => {
      const matches = target.host.startsWith(before) && target.host.endsWith(after);
      const label = matches ? target.host.slice(before.length, target.host.length - after.length) : "";
      return label === "" || label.includes(".") ? null : label;
    });
  }
  if (header !== undefined) sources.push(({ request }) => request.headers.get(header));
  if (parameter !== undefined)
    sources.push(({ params }) => (Object.hasOwn(params, parameter) ? (params[parameter] ?? null) : null));
  return (exchange) => sources.map((read) => read(exchange)).filter((name) => name !== null);
}
