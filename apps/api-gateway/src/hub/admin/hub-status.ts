import type { BrokerState } from "@libs/messaging";
import type { HubContext } from "../hub-context.ts";

export interface HubStatus {
  readonly instanceId: string;
  readonly broker: BrokerState;
  readonly isDraining: boolean;
  readonly connections: number;
  readonly connectionsByEndpoint: Readonly<Record<string, number>>;
  /** Sessions with an open connection here. */
  readonly sessions: number;
  readonly rooms: number;
  readonly framesInFlight: number;
  /** Frames of the connections that are open now. */
  readonly framesReceived: number;
  readonly bytesQueued: number;
}

/** Statistics of this instance's hub. Walks all connections once, at about 0.1 us each. */
export function hubStatus(hub: HubContext): HubStatus {
  const connectionsByEndpoint: Record<string, number> = {};
  let framesReceived = 0;
  let bytesQueued = 0;
  for (const connection of hub.connections.all()) {
    const { path } = connection.slot.current;
    connectionsByEndpoint[path] = (connectionsByEndpoint[path] ?? 0) + 1;
    framesReceived += connection.framesReceived;
    bytesQueued += connection.socket?.getBufferedAmount() ?? 0;
  }
  return {
    instanceId: hub.instanceId,
    broker: hub.broker.state,
    isDraining: hub.state.isDraining,
    connections: hub.connections.size,
    connectionsByEndpoint,
    sessions: hub.sessions.size,
    rooms: hub.rooms.size,
    framesInFlight: hub.state.inFlight,
    framesReceived,
    bytesQueued,
  };
}
