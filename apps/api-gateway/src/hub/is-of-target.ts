import { identityWord } from "../model/identity-word.ts";
import type { Principal } from "../model/principal.ts";
import type { ConnectionTarget } from "./control.ts";

/**
 * Whether a target that selects connections of the hub also means this caller, who is connected through a route. A target that names
 * one connection, or the channel of a customer, which several people share, means no caller.
 */
export function isOfTarget({ by, id }: ConnectionTarget, { method, sessionId, subject }: Principal): boolean {
  switch (by) {
    case "login":
      return sessionId === id;
    case "user":
      return subject === id;
    case "channel":
      return id === `${method === "device-session" ? "device" : "user"}:${identityWord(subject)}`;
    case "connection":
      return false;
  }
}
