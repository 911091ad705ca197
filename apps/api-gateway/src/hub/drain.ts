import { writeFrame } from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import type { HubContext } from "./hub-context.ts";

const stepMs = 25;

/**
 * How the hub goes away: no new connection and no new frame, unanswered frames get their answers, then one connection after
 * the other is told when to come back and closed with `shutdown`, over the configured time: a deploy is no stampede.
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

/** The hint spreads out the way back too, since all instances of a deploy may go within one moment. */
function sendAway(hub: HubContext, connection: Connection, spreadMs: number): void {
  const afterMs = Math.round(Math.random() * spreadMs);
  hub.delivery.send(connection, writeFrame({ type: "reconnect", payload: { afterMs } }));
  hub.delivery.close(connection, "shutdown");
}
