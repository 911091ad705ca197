import type { Connection } from "../connections/connection.ts";

/** What operators see of a connection: no credential and no payload. */
export interface ConnectionInfo {
  readonly id: string;
  readonly instanceId: string;
  readonly endpoint: string;
  readonly ip: string;
  readonly userId: string | null;
  readonly identity: string | null;
  readonly tenantId: string | null;
  /** The shopper's session it is bound to. For operators only: knowing it is enough to join the session's room. */
  readonly sessionId: string | null;
  readonly rooms: readonly string[];
  readonly ageSeconds: number;
  readonly framesReceived: number;
  readonly framesPending: number;
  readonly bytesQueued: number;
  readonly state: "open" | "paused" | "slow" | "closing";
}

export function describeConnection(connection: Connection, instanceId: string): ConnectionInfo {
  const { principal, sessionId, slot, rooms } = connection;
  return {
    id: connection.id,
    instanceId,
    endpoint: slot.current.path,
    ip: connection.ip,
    userId: connection.userId,
    identity: principal?.identity ?? null,
    tenantId: principal?.tenantId ?? null,
    sessionId,
    rooms: rooms.map((room) => room.name ?? ""),
    ageSeconds: Math.round((performance.now() - connection.openedAt) / 1000),
    framesReceived: connection.framesReceived,
    framesPending: connection.pending,
    bytesQueued: connection.socket?.getBufferedAmount() ?? 0,
    state: stateOf(connection),
  };
}

function stateOf(connection: Connection): ConnectionInfo["state"] {
  if (!connection.isOpen) return "closing";
  if (connection.latest !== null) return "slow";
  return connection.isPaused ? "paused" : "open";
}
