import type { Principal } from "../model/identity/principal.ts";
import { personalNameOf } from "./connections/personal-channel.ts";
import type { ConnectionTarget } from "./control.ts";

/**
 * Whether a target that selects hub connections also selects this caller of a route. A target that is a single connection, or the channel
 * of a customer, which several people share, selects no caller.
 */
export function isOfTarget({ by, id }: ConnectionTarget, principal: Principal): boolean {
  const { method, sessionId, subject } = principal;
  const personal = method === "device-session" ? "device" : "user";
  switch (by) {
    case "login":
      return sessionId === id;
    case "user":
      return subject === id;
    case "channel":
      return id === `${personal}:${personalNameOf(personal, principal)}`;
    case "connection":
      return false;
  }
}
