import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { callService } from "../messages/call-service.ts";
import type { RoomRule } from "./room-rule.ts";

const askTimeoutMs = 5000;

/** Asks the rule's service, if it has one. Rejects with the `CartwayError` for the connection. */
export async function askToJoin(
  hub: HubContext,
  { userId, sessionId, principal }: Connection,
  { name, rule }: { readonly name: string; readonly rule: RoomRule },
): Promise<void> {
  if (rule.ask === null) return;
  const body = JSON.stringify({ room: name, userId, sessionId });
  await callService(hub, { ...rule.ask, body, timeoutMs: askTimeoutMs, principal, work: "join_room" });
}
