import { writeFrame } from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import type { HubContext } from "./hub-context.ts";

const stepMs = 25;

/**
 * Drains the hub: new connections and frames are refused, unanswered frames get their answers, then the connections are closed
 * one after the other with `shutdown` and a hint when to reconnect, spread over the configured time to avoid a stampede.
 */
export async function drain(hub: HubContext): Promise<void> {
  const { spreadMs, answerMs } = hub.config().drain;
  hub.state.isDraining = true;
  hub.polls.drain();
  const giveUpAt = performance.now() + answerMs;
  while (hub.state.inFlight > 0 && performance.now() < giveUpAt) await Bun.sleep(stepMs);
  hub.rooms.flush();
  const connections = [...hub.connections.all()];
  const steps = Math.max(1, Math.ceil(spreadMs / stepMs));
  const size = Math.max(1, Math.ceil(connections.length / steps));
  for (let start = 0; start < connections.length; start += size) {
    for (const connection of connections.slice(start, start + size)) sendAway(hub, connection, spreadMs);
    if (start + size < connections.length) await Bun.sleep(stepMs);
  }
}

/** The hint spreads reconnects too, because all instances of a deployment may stop at the same time. */
function sendAway(hub: HubContext, connection: Connection, spreadMs: number): void {
  const afterMs = Math.round(Math.random() * spreadMs);
  hub.delivery.send(connection, writeFrame({ type: "reconnect", payload: { afterMs } }));
  hub.delivery.close(connection, "shutdown");
}
