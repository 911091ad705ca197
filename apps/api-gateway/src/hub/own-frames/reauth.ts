import { type Frame, writeReply } from "@libs/messaging";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { Principal } from "../../model/identity/principal.ts";
import type { Connection } from "../connections/connection.ts";
import { personalChannelOf } from "../connections/personal-channel.ts";
import { endOf } from "../connections/open-and-close.ts";
import { requireCaller, requireUnexpired } from "../http/require-caller.ts";
import type { HubContext } from "../hub-context.ts";
import { RefusedAttempt, recordAttempt } from "../refused-attempt.ts";
import { isInForbiddenRoom } from "../rooms/memberships.ts";
import { redeemTicket } from "../upgrade/authenticate-upgrade.ts";
import { answerWhenDone } from "./answer.ts";
import { readCredential } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/** Extends the connection with a fresh credential of the same caller; another caller needs another connection. */
export const reauth: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const principal = await authenticateAgain(hub, connection, frame).catch((thrown: unknown) => {
      const place = { route: `hub ${connection.slot.current.path}`, address: connection.ip };
      recordAttempt(hub.securityEvents, thrown, place);
      throw thrown;
    });
    if (!connection.isOpen) return;
    hub.connections.renew(connection, principal);
    const payload = JSON.stringify(endOf(principal, hub.now()));
    hub.delivery.send(connection, writeReply("reauth", frame.id ?? null, payload));
    // rooms may depend on claims, which may have changed
    if (isInForbiddenRoom(connection)) hub.delivery.close(connection, "forcedReconnect");
  });
};

/** @throws CartwayError `forbidden` for a credential of another caller */
async function authenticateAgain(hub: HubContext, connection: Connection, frame: Frame): Promise<Principal> {
  const startedAt = hub.now();
  const principal = await authenticate(hub, connection, readCredential(frame));
  hub.revocations.check(principal, personalChannelOf({ slot: connection.slot, principal }), startedAt);
  requireUnexpired(principal, hub.now(), null);
  const before = connection.principal;
  // the connection's channel and rooms belong to its original tenant
  const isSame =
    before?.identity === principal.identity &&
    before.subject === principal.subject &&
    before.tenantId === principal.tenantId;
  if (isSame) return principal;
  throw new RefusedAttempt(
    "forbidden",
    { kind: "access_denied", reason: "another_caller" },
    {
      message: "The credential belongs to another caller.",
    },
  );
}

async function authenticate(
  hub: HubContext,
  connection: Connection,
  { kind, text }: ReturnType<typeof readCredential>,
): Promise<Principal> {
  const { identities } = connection.slot.current;
  if (kind === "ticket") {
    return redeemTicket(hub, connection.slot.current, text);
  }
  const answer = await identities?.authenticate(PresentedCredentials.ofToken(text));
  return requireCaller(answer ?? { outcome: "absent" }, null);
}
