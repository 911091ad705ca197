import { type CloseReason, type Frame, type PreparedFrame, prepareFrame } from "@libs/messaging";
import { type ConnectionTarget, controlAnywhere } from "../control.ts";
import type { HubContext } from "../hub-context.ts";

/** Closes connections wherever they are. `closedByOperator` keeps clients away, `forcedReconnect` brings them back. */
export async function closeConnections(
  hub: HubContext,
  target: ConnectionTarget,
  reason: Extract<CloseReason, "closedByOperator" | "forcedReconnect" | "revoked">,
): Promise<void> {
  await controlAnywhere(hub, { act: "close", target, reason });
}

/** Prepares a frame sent by an operator; the hub's built-in types are refused. @throws CartwayError `bad_request`, `payload_too_large` */
export function prepareToSend(frame: Frame): PreparedFrame {
  return prepareFrame("room:operator", frame);
}

/** Sends one frame to connections wherever they are. */
export async function sendToConnections(
  hub: HubContext,
  target: ConnectionTarget,
  { text }: PreparedFrame,
): Promise<void> {
  await controlAnywhere(hub, { act: "send", target, text });
}
