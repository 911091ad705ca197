import type { Frame } from "@libs/messaging";
import type { Principal } from "../../model/identity/principal.ts";
import type { Connection } from "../connections/connection.ts";
import type { MessageRoute } from "./message-route.ts";

/** The body that the service gets for a frame. */
export interface ServiceBody {
  readonly text: string;
  /** Hash of the payload alone, equal for the same payload under any login. */
  readonly hash: number;
}

/**
 * Adds the frame's id and session to the payload unless it has its own, and the sender's identity if the route's config names fields for
 * it. Those fields are reserved for the hub: the client's values are always dropped.
 *
 * @param payload of the frame, an object; it is modified
 */
export function writeServiceBody(
  { principal }: Pick<Connection, "principal">,
  { frame, payload }: { readonly frame: Frame; readonly payload: Record<string, unknown> },
  route: Pick<MessageRoute, "fillId" | "fillSessionId" | "userIdField" | "callerField">,
): ServiceBody {
  const { fillId, fillSessionId, userIdField, callerField } = route;
  if (fillId && payload["id"] === undefined && frame.id !== undefined) payload["id"] = frame.id;
  if (fillSessionId && payload["sessionId"] === undefined && frame.sessionId !== undefined)
    payload["sessionId"] = frame.sessionId;
  if (userIdField !== null) {
    if (principal === null) delete payload[userIdField];
    else payload[userIdField] = principal.subject;
  }
  if (callerField !== null) delete payload[callerField];
  const said = JSON.stringify(payload);
  const hash = frame.id === undefined ? 0 : Bun.hash.xxHash32(said);
  if (callerField === null) return { text: said, hash };
  const comma = said === "{}" ? "" : ",";
  const caller = principal === null ? "null" : callerOf(principal);
  return { text: `${said.slice(0, -1)}${comma}${JSON.stringify(callerField)}:${caller}}`, hash };
}

const written = new WeakMap<Principal, string>();

/** The identity headers of a single call as JSON, computed once per principal. */
function callerOf(principal: Principal): string {
  let text = written.get(principal);
  if (text === undefined) {
    const { subject, method, roles, scopes, tenantId, sessionId } = principal;
    text = JSON.stringify({ userId: subject, authMethod: method, roles, scopes, tenantId, sessionId });
    written.set(principal, text);
  }
  return text;
}
