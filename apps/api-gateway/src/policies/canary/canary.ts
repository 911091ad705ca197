import { type Static, Type } from "@sinclair/typebox";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { PolicyVerdict } from "../../model/decision.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { PolicyDefinition, PolicyPlace } from "../../model/policy.ts";
import { callerKeyPart, compileCallerKey } from "../caller-key.ts";
import type { PolicyDeps } from "../policy-deps.ts";

const schema = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the service that is tried out." }),
    percent: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 0,
      description: "Of the callers: they get it. Who gets it keeps it while the share grows.",
    }),
    by: Type.Array(callerKeyPart, {
      default: ["user"],
      minItems: 1,
      maxItems: 4,
      description: "What tells callers apart. Strangers are told apart by their address.",
    }),
    header: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9-]+$",
        maxLength: 64,
        description:
          "Who sends it with the value `always` gets the service that is tried out, with `never` the route's own. Other values say nothing.",
      }),
    ),
  },
  { additionalProperties: false, description: "Sends a share of the callers to another service." },
);

type CanaryConfig = Static<typeof schema>;

/** Why a caller goes where it goes. */
type Choice = { readonly isChosen: boolean; readonly because: "header" | "share" };

/** Sends a share of the callers to another service: each caller always to the same, as far as the share lets it. */
export const canaryPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "canary",
  phase: "route",
  schema,
  check,
  services: ({ service }) => [{ path: "/service", name: service }],
  create({ service, percent, by, header }, { metrics }, route) {
    const readCaller = compileCallerKey(by);
    const requests = metrics.counter({
      name: "cartway_canary_requests_total",
      help: "Requests of routes with a canary, by the service that they were sent to.",
      labels: ["route", "service"],
    });
    const toChosen = requests.with({ route: route.id, service });
    const toOwn = requests.with({ route: route.id, service: route.service ?? "none" });

    function choose(exchange: Exchange): Choice {
      const asked = header === undefined ? null : exchange.request.headers.get(header);
      if (asked === "always" || asked === "never") return { isChosen: asked === "always", because: "header" };
      return { isChosen: shareOf(service, readCaller(exchange)) < percent, because: "share" };
    }

    return {
      request(exchange) {
        const { isChosen } = choose(exchange);
        if (isChosen) exchange.serviceId = service;
        (isChosen ? toChosen : toOwn).inc();
        return undefined;
      },
      explain(exchange): PolicyVerdict {
        const { isChosen, because } = choose(exchange);
        if (isChosen) exchange.serviceId = service;
        return { verdict: "pass", inputs: { service: exchange.serviceId, because, percent } };
      },
    };
  },
};

/** Where a caller stands between 0 and 100: the same on every route and instance, and another for another service. */
function shareOf(service: string, caller: string): number {
  return (Bun.hash.xxHash32(`${service} ${caller}`) / 2 ** 32) * 100;
}

function check({ percent, header }: CanaryConfig, { policies }: PolicyPlace): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (percent === 0 && header === undefined)
    issues.push({ path: "", message: "would send nobody there", expected: "percent above 0, or a header" });
  if (policies.includes("cache")) {
    const message =
      "a cache on the same route would give the answers of one service to the callers of the other";
    issues.push({ path: "", message, expected: "no cache beside it" });
  }
  return issues;
}
