import type { Frame } from "@libs/messaging";
import type { Principal } from "../../model/identity/principal.ts";
import type { Connection } from "../connections/connection.ts";
import type { MessageRoute } from "./message-route.ts";

/** What the service gets of a frame. */
export interface ServiceBody {
  readonly text: string;
  /** Of what the sender said: the same for the same payload, under whatever login it is sent again. */
  readonly hash: number;
}

/**
 * The payload with the frame's id and session where it has none of its own, and with who sent it where the route's config names
 * fields for that. Those are the hub's alone: what a client wrote there is dropped, known or not.
 *
 * @param payload of the frame, an object; it is changed
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

/** What the headers of a single call say, as JSON: worked out once a principal. */
function callerOf(principal: Principal): string {
  let text = written.get(principal);
  if (text === undefined) {
    const { subject, method, roles, scopes, tenantId, sessionId } = principal;
    text = JSON.stringify({ userId: subject, authMethod: method, roles, scopes, tenantId, sessionId });
    written.set(principal, text);
  }
  return text;
}
