import { clientCertificateOf } from "@libs/elysia-server";
import type { Identities } from "../../identity/create-identities.ts";
import type { Unasked } from "../../identity/identity.ts";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { Authentication } from "../../model/identity/authentication.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { Admission } from "./admission.ts";
import { authenticateSchema } from "./schema.ts";
import { compileWithholding } from "./withhold-credentials.ts";

export interface AuthenticateDeps {
  readonly identities: Identities;
  readonly securityEvents: SecurityEvents;
}

/** Authenticates the caller, identifies them to the service in reserved headers, and refuses unknown callers. */
export const authenticate: PolicyDefinition<typeof authenticateSchema, AuthenticateDeps> = {
  type: "authenticate",
  phase: "authenticate",
  schema: authenticateSchema,
  once: () => "",
  create(config, { identities, securityEvents }) {
    const { with: names, anonymous, forwardCredentials, realm, tokenParameter = null } = config;
    const identify = identities.select(names);
    const foresee = identities.foresee(names);
    const places = identities.places(names);
    const withhold = compileWithholding(places, tokenParameter);
    const challenge = { realm, asked: identities.asked(names) };
    const admission = new Admission({ identities: names, anonymous, challenge }, securityEvents);

    async function settleLate(exchange: Exchange, answer: Promise<Authentication>) {
      return admission.settle(exchange, await answer);
    }

    return {
      withheldFields: forwardCredentials ? [] : ["authorization", ...places.headers],
      request(exchange) {
        const credentials = presentedBy(exchange, tokenParameter);
        withhold(exchange);
        const answer = identify(credentials);
        return answer instanceof Promise ? settleLate(exchange, answer) : admission.settle(exchange, answer);
      },
      ...(identities.giveCookies(names) && { response: (exchange) => admission.addCookies(exchange) }),
      async explain(exchange) {
        withhold(exchange);
        // an explanation may assume a caller
        const { principal } = exchange;
        const answer: Authentication | Unasked =
          principal === null
            ? await foresee(presentedBy(exchange, tokenParameter))
            : { outcome: "authenticated", principal };
        return admission.explain(exchange, answer);
      },
    };
  },
};

function presentedBy(exchange: Exchange, tokenParameter: string | null): PresentedCredentials {
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
