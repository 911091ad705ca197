import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { Authentication } from "../../model/identity/authentication.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { personalChannelOf } from "../connections/personal-channel.ts";
import type { Endpoint } from "../endpoint.ts";
import type { HubContext } from "../hub-context.ts";
import { RefusedAttempt } from "../refused-attempt.ts";
import { presentCredentials } from "../http/present-credentials.ts";
import { callerOf, requireCaller } from "../http/require-caller.ts";
import type { Handshake } from "./read-handshake.ts";
import type { UpgradeRequest } from "./upgrade.ts";

/**
 * Authenticates the caller; `null` for an anonymous one on endpoints that allow it. Invalid credentials are refused there too, because
 * their owner does not intend to be anonymous. @throws CartwayError `unauthenticated`, `invalid_token`, `identity_unavailable`
 */
export function authenticateUpgrade(
  endpoint: Endpoint,
  upgrading: Pick<UpgradeRequest, "request" | "query" | "isPeerTrusted" | "original">,
  handshake: Handshake,
  hub: Pick<HubContext, "tickets" | "revocations">,
): MaybePromise<Principal | null> {
  const { ticket, token } = handshake;
  if (ticket !== null) return redeemTicket(hub, endpoint, ticket);
  const credentials =
    token === null
      ? presentCredentials(upgrading, upgrading.query)
      : PresentedCredentials.ofToken(token, upgrading.original);
  const answer = endpoint.identities?.authenticate(credentials) ?? { outcome: "absent" };
  return answer instanceof Promise ? answer.then((late) => decide(endpoint, late)) : decide(endpoint, answer);
}

function decide(endpoint: Endpoint, answer: Authentication): Principal | null {
  const challenge = endpoint.identities?.challenge ?? null;
  return endpoint.config.authenticate.anonymous
    ? callerOf(answer, challenge)
    : requireCaller(answer, challenge);
}

/** The ticket's owner. @throws CartwayError `invalid_token`, also if the owner's access was revoked since */
export async function redeemTicket(
  { tickets, revocations }: Pick<HubContext, "tickets" | "revocations">,
  endpoint: Endpoint,
  ticket: string,
): Promise<Principal> {
  const redeemed = await tickets.redeem(ticket);
  if (redeemed !== null && endpoint.config.authenticate.with.includes(redeemed.principal.identity)) {
    const { principal, issuedAt } = redeemed;
    revocations.check(principal, personalChannelOf({ slot: { current: endpoint }, principal }), issuedAt);
    return principal;
  }
  const attempt = { kind: "credentials_rejected", reason: "unknown_ticket" } as const;
  throw new RefusedAttempt("invalid_token", attempt, {
    message: "The ticket is invalid or was already used.",
  });
}
