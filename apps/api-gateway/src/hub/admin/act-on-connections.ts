import { type CloseReason, type Frame, prepareFrame } from "@libs/messaging";
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

/** Sends one frame to connections wherever they are. @throws CartwayError `bad_request`, `payload_too_large` */
export async function sendToConnections(
  hub: HubContext,
  target: ConnectionTarget,
  frame: Frame,
): Promise<{ id: string }> {
  const { id, text } = prepareFrame("room:operator", frame);
  await controlAnywhere(hub, { act: "send", target, text });
  return { id };
}
