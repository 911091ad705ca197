import { clientCertificateOf } from "@libs/elysia-server";
import { Type } from "@sinclair/typebox";
import type { Identities } from "../../identity/create-identities.ts";
import type { Unasked } from "../../identity/identity.ts";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { Authenticated, Authentication, TurnedAway } from "../../model/authentication.ts";
import type { PolicyVerdict } from "../../model/decision.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { PolicyDefinition } from "../../model/policy.ts";
import type { Principal } from "../../model/principal.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { callerOf } from "../known-caller.ts";
import { type NotKnown, refusalOf } from "./challenge.ts";
import { eventOf } from "./refusal-event.ts";
import { removeParameter } from "./remove-parameter.ts";
import { asksForCredentials, toResponse } from "./turn-away.ts";
import { withholdSessionCookies } from "./withhold-session-cookies.ts";

const schema = Type.Object(
  {
    with: Type.Array(Type.String({ minLength: 1 }), {
      description: "Names under `identity`. The first that knows the caller decides.",
      minItems: 1,
      maxItems: 16,
      uniqueItems: true,
    }),
    anonymous: Type.Boolean({
      description:
        "Lets callers in who present nothing. Who presents something wrong is refused all the same.",
      default: false,
    }),
    tokenParameter: Type.Optional(
      Type.String({
        description:
          "A query parameter in which the token may stand. Query strings end up in logs and histories: for sockets and media only.",
        pattern: "^[A-Za-z0-9_.-]+$",
        maxLength: 64,
      }),
    ),
    forwardCredentials: Type.Boolean({
      description:
        "Sends the caller's Authorization header or API key on. Off by default: services are told who calls and need no token that they could leak.",
      default: false,
    }),
    realm: Type.String({
      description: "Named in WWW-Authenticate.",
      default: "cartway",
      pattern: "^[A-Za-z0-9 ._-]+$",
      maxLength: 64,
    }),
  },
  { additionalProperties: false, description: "Finds out who is calling." },
);

export interface AuthenticateDeps {
  readonly identities: Identities;
  readonly securityEvents: SecurityEvents;
}

function authenticated(principal: Principal): Authentication {
  return { outcome: "authenticated", principal };
}

function shown({ identity, subject, roles, scopes, tenantId }: Principal) {
  return { identity, subject, roles, scopes, tenant: tenantId };
}

/** Authenticates the caller, tells the service in reserved headers, and refuses unknown callers. */
export const authenticate: PolicyDefinition<typeof schema, AuthenticateDeps> = {
  type: "authenticate",
  phase: "authenticate",
  schema,
  once: () => "",
  create(config, { identities, securityEvents }, route) {
    const identify = identities.select(config.with);
    const foresee = identities.foresee(config.with);
    const { realm, anonymous, forwardCredentials } = config;
    const challenge = { realm, schemes: identities.schemes(config.with) };
    const given = new WeakMap<Exchange, readonly string[]>();
    const tokenParameter = config.tokenParameter ?? null;
    const places = identities.places(config.with);
    const withheldFields = forwardCredentials ? [] : ["authorization", ...places.headers];
    // not forwarded, because services log their URLs
    const withheldParameters = [...places.parameters, ...(tokenParameter === null ? [] : [tokenParameter])];

    function withhold(exchange: Exchange): void {
      withholdSessionCookies(exchange.upstreamHeaders);
      if (exchange.target.query === "") return;
      for (const name of withheldParameters)
        exchange.upstreamPath = removeParameter(exchange.upstreamPath, name);
    }

    function settle(exchange: Exchange, answer: Authentication): Response | undefined {
      if (answer.outcome === "authenticated") return admit(exchange, answer);
      if (isLetIn(answer)) return undefined;
      exchange.refusal = judge(answer);
      report(exchange, answer);
      if (answer.outcome === "turned_away") return toResponse(answer.notice);
      throw refusalOf(answer, challenge);
    }

    async function settleLate(
      exchange: Exchange,
      answer: Promise<Authentication>,
    ): Promise<Response | undefined> {
      return settle(exchange, await answer);
    }

    function admit(exchange: Exchange, { principal, setCookies }: Authenticated): undefined {
      exchange.principal = principal;
      exchange.tenantId = principal.tenantId;
      // these names were stripped from the client's request
      exchange.upstreamHeaders.share(callerOf(principal).lines);
      if (setCookies !== undefined) given.set(exchange, setCookies);
    }

    function isLetIn(answer: NotKnown | TurnedAway): boolean {
      if (!anonymous) return false;
      return (
        answer.outcome === "absent" || (answer.outcome === "turned_away" && asksForCredentials(answer.notice))
      );
    }

    function report({ clientIp }: Exchange, answer: NotKnown | TurnedAway): void {
      const event = eventOf(answer);
      if (event === null) return;
      securityEvents.report({ ...event, route: route.id, address: clientIp });
    }

    function judge(answer: Authentication): PolicyVerdict {
      if (answer.outcome === "authenticated")
        return { verdict: "pass", inputs: { with: config.with, ...shown(answer.principal) } };
      if (isLetIn(answer))
        return { verdict: "pass", inputs: { with: config.with, presented: "nothing", anonymous } };
      const identity = answer.outcome === "absent" ? "none" : answer.identity;
      const reason = "reason" in answer ? answer.reason : answer.outcome;
      const counterfactual = `a credential that ${config.with.join(" or ")} accepts`;
      const status =
        answer.outcome === "turned_away" ? answer.notice.status : refusalOf(answer, challenge).status;
      return { verdict: "refuse", inputs: { with: config.with, identity, reason }, counterfactual, status };
    }

    function present(exchange: Exchange): PresentedCredentials {
      return new PresentedCredentials({
        headers: exchange.request.headers,
        method: exchange.method,
        query: exchange.target.query,
        tokenParameter,
        isPeerTrusted: exchange.isPeerTrusted,
        certificate: clientCertificateOf(exchange.request),
        original: exchange,
      });
    }

    function explain(exchange: Exchange, answer: Authentication | Unasked): PolicyVerdict {
      if (answer.outcome === "unasked") {
        const { identity, asks } = answer;
        const inputs = { with: config.with, identity, reason: "unasked", asks };
        const counterfactual = "what it answers: say whom to take the caller for";
        return { verdict: "refuse", inputs, counterfactual, status: 503 };
      }
      if (answer.outcome === "authenticated") admit(exchange, answer);
      return judge(answer);
    }

    const response = identities.giveCookies(config.with)
      ? {
          response(exchange: Exchange) {
            for (const cookie of given.get(exchange) ?? [])
              exchange.response?.headers.append("set-cookie", cookie);
          },
        }
      : {};

    return {
      ...response,
      withheldFields,
      request(exchange) {
        const credentials = present(exchange);
        withhold(exchange);
        const answer = identify(credentials);
        return answer instanceof Promise ? settleLate(exchange, answer) : settle(exchange, answer);
      },
      async explain(exchange) {
        withhold(exchange);
        // an explanation may assume a caller
        const { principal } = exchange;
        return explain(
          exchange,
          principal === null ? await foresee(present(exchange)) : authenticated(principal),
        );
      },
    };
  },
};
