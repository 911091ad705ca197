import type { Connection } from "../connections/connection.ts";
import type { RoomIdentity } from "./room-pattern.ts";

/** Shorter session ids can be guessed: they may carry events, and open no room. */
const sessionIdCharsMin = 16;

const noClaims = {};

/** What room patterns may take for the connection's own. */
export function roomIdentityOf({ sessionId, principal }: Connection): RoomIdentity {
  return {
    sessionId: sessionId !== null && sessionId.length >= sessionIdCharsMin ? sessionId : null,
    userId: principal?.subject ?? null,
    tenantId: principal?.tenantId ?? null,
    claims: principal?.claims ?? noClaims,
  };
}
