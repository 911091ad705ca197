import type { Unasked } from "../../identity/identity.ts";
import type { Authenticated, Authentication, TurnedAway } from "../../model/identity/authentication.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Principal } from "../../model/identity/principal.ts";
import type { SecurityEvents } from "../../telemetry/security-events.ts";
import { callerOf } from "../known-caller.ts";
import { type Challenge, type NotKnown, refusalOf } from "./challenge.ts";
import { eventOf } from "./refusal-event.ts";
import { asksForCredentials, toResponse } from "./turn-away.ts";

export interface AdmissionRules {
  /** Names of the identities that are asked, in order. */
  readonly identities: readonly string[];
  readonly anonymous: boolean;
  readonly challenge: Challenge;
}

/** Admits or refuses the callers of a route by what its identities answered. */
export class Admission {
  readonly #rules: AdmissionRules;
  readonly #securityEvents: SecurityEvents;
  /** Values of `Set-Cookie` that identities gave for callers. */
  readonly #setCookies = new WeakMap<Exchange, readonly string[]>();

  constructor(rules: AdmissionRules, securityEvents: SecurityEvents) {
    this.#rules = rules;
    this.#securityEvents = securityEvents;
  }

  /** @throws CartwayError for a refused caller, unless a service supplied the answer */
  settle(exchange: Exchange, answer: Authentication): Response | undefined {
    if (answer.outcome === "authenticated") return this.#admit(exchange, answer);
    if (this.#isAnonymous(answer)) {
      exchange.askedCredentials = this.#rules.challenge.asked;
      return undefined;
    }
    exchange.refusal = this.#judge(answer);
    this.#report(exchange, answer);
    if (answer.outcome === "turned_away") return toResponse(answer.notice);
    throw refusalOf(answer, this.#rules.challenge);
  }

  /** The verdict of `settle`. Changes the exchange as it would for admitted callers, and does nothing else. */
  explain(exchange: Exchange, answer: Authentication | Unasked): PolicyVerdict {
    if (answer.outcome === "unasked") return this.#judgeUnasked(answer);
    if (answer.outcome === "authenticated") this.#admit(exchange, answer);
    return this.#judge(answer);
  }

  addCookies(exchange: Exchange): void {
    for (const cookie of this.#setCookies.get(exchange) ?? [])
      exchange.response?.headers.append("set-cookie", cookie);
  }

  #admit(exchange: Exchange, { principal, setCookies }: Authenticated): undefined {
    exchange.principal = principal;
    exchange.tenantId = principal.tenantId;
    // these names were stripped from the client's request
    exchange.upstreamHeaders.share(callerOf(principal).lines);
    if (setCookies !== undefined) this.#setCookies.set(exchange, setCookies);
  }

  /** Whether the caller presented no credentials, and needs none. */
  #isAnonymous(answer: NotKnown | TurnedAway): boolean {
    if (!this.#rules.anonymous) return false;
    return (
      answer.outcome === "absent" || (answer.outcome === "turned_away" && asksForCredentials(answer.notice))
    );
  }

  #report({ clientIp, routeId }: Exchange, answer: NotKnown | TurnedAway): void {
    const event = eventOf(answer);
    if (event === null) return;
    this.#securityEvents.report({ ...event, route: routeId, address: clientIp });
  }

  #judge(answer: Authentication): PolicyVerdict {
    const { identities, anonymous, challenge } = this.#rules;
    if (answer.outcome === "authenticated")
      return { verdict: "pass", inputs: { with: identities, ...describe(answer.principal) } };
    if (this.#isAnonymous(answer))
      return { verdict: "pass", inputs: { with: identities, presented: "nothing", anonymous } };
    const identity = answer.outcome === "absent" ? "none" : answer.identity;
    const reason = "reason" in answer ? answer.reason : answer.outcome;
    return {
      verdict: "refuse",
      inputs: { with: identities, identity, reason },
      counterfactual: `a credential that ${identities.join(" or ")} accepts`,
      status: answer.outcome === "turned_away" ? answer.notice.status : refusalOf(answer, challenge).status,
    };
  }

  #judgeUnasked({ identity, asks }: Unasked): PolicyVerdict {
    return {
      verdict: "refuse",
      inputs: { with: this.#rules.identities, identity, reason: "unasked", asks },
      counterfactual: "depends on the answer of the service: name a caller to assume",
      status: 503,
    };
  }
}

function describe({ identity, subject, roles, scopes, tenantId }: Principal) {
  return { identity, subject, roles, scopes, tenant: tenantId };
}
