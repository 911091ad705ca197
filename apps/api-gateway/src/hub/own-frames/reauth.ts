import { CartwayError } from "@libs/errors";
import { writeReply } from "@libs/messaging";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { Principal } from "../../model/principal.ts";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { answerWhenDone } from "./answer.ts";
import { readCredential } from "./read-payload.ts";
import type { OwnFrame } from "./registry.ts";

/** A fresh credential of the same caller moves the connection's end; one of another caller needs another connection. */
export const reauth: OwnFrame = (hub, connection, frame) => {
  answerWhenDone(hub, connection, frame, async () => {
    const principal = await authenticate(hub, connection, readCredential(frame));
    const before = connection.principal;
    if (before === null || before.identity !== principal.identity || before.subject !== principal.subject) {
      throw new CartwayError("forbidden", {
        message: "The credential is not the one of this connection's caller.",
      });
    }
    if (!connection.isOpen) return;
    hub.connections.renew(connection, principal);
    const expiresAt = Number.isFinite(principal.expiresAt) ? principal.expiresAt : null;
    hub.delivery.send(connection, writeReply("reauth", frame.id ?? null, JSON.stringify({ expiresAt })));
  });
};

async function authenticate(
  hub: HubContext,
  connection: Connection,
  { kind, text }: ReturnType<typeof readCredential>,
): Promise<Principal> {
  const { authenticate: ask, config } = connection.slot.current;
  if (kind === "ticket") {
    const principal = await hub.tickets.redeem(text);
    if (principal === null || !config.authenticate.with.includes(principal.identity)) {
      throw new CartwayError("invalid_token", { message: "The ticket is not valid." });
    }
    return principal;
  }
  const answer = await ask?.(PresentedCredentials.ofToken(text));
  if (answer?.outcome === "authenticated") return answer.principal;
  throw new CartwayError(answer?.outcome === "unavailable" ? "identity_unavailable" : "invalid_token");
}
