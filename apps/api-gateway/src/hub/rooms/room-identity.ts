import { identityWord } from "../../model/identity/identity-word.ts";
import type { Connection } from "../connections/connection.ts";
import type { RoomIdentity } from "./room-pattern.ts";

/** Shorter session ids can be guessed: they are accepted on events, but open no room. */
const sessionIdCharsMin = 16;

const noClaims = {};

/** The ids and claims that room patterns can refer to, spelled as services spell them, who publish to the same rooms. */
export function roomIdentityOf({ sessionId, principal }: Connection): RoomIdentity {
  return {
    sessionId: sessionId !== null && sessionId.length >= sessionIdCharsMin ? sessionId : null,
    userId: principal === null ? null : identityWord(principal.subject),
    tenantId: principal === null || principal.tenantId === null ? null : identityWord(principal.tenantId),
    claims: principal?.claims ?? noClaims,
  };
}
