import { writeReply } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";
import type { PendingFrame } from "./pending-frame.ts";

/** Sends the service's reply to a frame as a frame, before its ack. @param payload as parsed from the service's JSON */
export function sendReply(
  hub: HubContext,
  { connection, route, id }: Pick<PendingFrame, "connection" | "route" | "id">,
  payload: unknown,
): void {
  if (route.reply === null) return;
  hub.metrics.framesSent.with({ type: route.reply }).inc();
  hub.delivery.send(connection, writeReply(route.reply, id, JSON.stringify(payload)));
}
