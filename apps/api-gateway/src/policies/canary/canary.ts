import { errorCodes } from "@libs/errors";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Policy, PolicyDefinition, PolicyRoute } from "../../model/exchange/policy.ts";
import { compileCallerKey, type ReadCallerKey } from "../caller-key.ts";
import type { PolicyDeps } from "../policy-deps.ts";
import { beginTrial } from "./begin-trial.ts";
import { type CanaryConfig, canarySchema } from "./schema.ts";

/** Why a caller was assigned to a service. */
type Choice = { readonly isChosen: boolean; readonly because: "header" | "share" | "rollback" };

/** Sends a share of the callers to another service. Assignment is stable per caller while the share allows. */
export const canaryPolicy: PolicyDefinition<typeof canarySchema, PolicyDeps> = {
  type: "canary",
  phase: "choose",
  schema: canarySchema,
  check,
  services: ({ service }) => [{ path: "/service", name: service }],
  create(config, deps) {
    const readCaller = compileCallerKey(config.by);
    return (route) => createCanary({ config, deps, readCaller, route });
  },
};

interface CanaryParts {
  readonly config: CanaryConfig;
  readonly deps: PolicyDeps;
  readonly readCaller: ReadCallerKey;
  readonly route: PolicyRoute;
}

function createCanary({ config, deps, readCaller, route }: CanaryParts): Policy {
  const { service, percent, header } = config;
  const requests = deps.metrics.counter({
    name: "cartway_canary_requests_total",
    help: "Requests of routes with a canary, by the service that was chosen for them, if a cache answers them, too.",
    labels: ["route", "service"],
  });
  const toChosen = requests.with({ route: route.id, service });
  const toOwn = requests.with({ route: route.id, service: route.service ?? "none" });
  const running = config.rollback === undefined ? null : beginTrial(config, config.rollback, deps, route.id);
  const trial = running?.trial ?? null;

  function choose(exchange: Exchange): Choice {
    const asked = header === undefined ? null : exchange.request.headers.get(header);
    if (asked === "always" || asked === "never") return { isChosen: asked === "always", because: "header" };
    if (trial !== null && trial.rollback !== null) return { isChosen: false, because: "rollback" };
    return { isChosen: shareOf(service, readCaller(exchange)) < percent, because: "share" };
  }

  const policy: Policy = {
    request(exchange) {
      const { isChosen } = choose(exchange);
      if (isChosen) exchange.serviceId = service;
      (isChosen ? toChosen : toOwn).inc();
      return undefined;
    },
    explain(exchange): PolicyVerdict {
      const { isChosen, because } = choose(exchange);
      if (isChosen) exchange.serviceId = service;
      const inputs = { service: exchange.serviceId, because, percent };
      const rollback = trial?.rollback ?? null;
      if (rollback === null) return { verdict: "pass", inputs };
      const counterfactual = "the canary reset on the admin port, or a reload of the config";
      return { verdict: "pass", inputs: { ...inputs, rolledBackFor: rollback.reason }, counterfactual };
    },
  };
  if (running === null || trial === null) return policy;
  return {
    ...policy,
    fetched(exchange) {
      const failed = hasFailed(exchange);
      if (failed === null) return;
      const tookMs = performance.now() - exchange.startedAt - exchange.queuedMs;
      trial.note(exchange.serviceId === service ? "canary" : "own", tookMs, failed);
    },
    dispose: running.end,
  };
}

/** Whether the chosen service failed, even if a fallback answered; `null` where it was not asked. */
function hasFailed({ response, attempts, fallback }: Exchange): boolean | null {
  if (response === null) return null;
  if (fallback !== null) return true;
  const { error, status } = response;
  if (error !== undefined) return errorCodes[error.code].fault === "service" ? true : null;
  return attempts === 0 ? null : status >= 500;
}

/** A caller's position between 0 and 100: equal on every route and instance, and independent between services. */
function shareOf(service: string, caller: string): number {
  return (Bun.hash.xxHash32(`${service} ${caller}`) / 2 ** 32) * 100;
}

function check({ percent, header, rollback }: CanaryConfig): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (percent === 0 && header === undefined)
    issues.push({ path: "", message: "would receive no requests", expected: "percent above 0, or a header" });
  if (rollback !== undefined && (percent === 0 || percent === 100)) {
    const message = "there is nothing to compare it with, or nothing to take back";
    issues.push({ path: "/rollback", message, expected: "percent above 0 and below 100" });
  }
  return issues;
}
