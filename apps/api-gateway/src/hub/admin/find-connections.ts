import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { type ConnectionInfo, describeConnection } from "./describe-connection.ts";

/** A connection must match every given field. */
export interface ConnectionQuery {
  readonly id?: string;
  readonly userId?: string;
  readonly ip?: string;
  readonly endpoint?: string;
  /** A room's name. */
  readonly room?: string;
}

export interface ConnectionPage {
  readonly connections: readonly ConnectionInfo[];
  /** Whether there were more than the limit. */
  readonly isTruncated: boolean;
}

/** The matching connections of this instance. Uses the index for an id or user, and one scan otherwise. */
export function findConnections(hub: HubContext, query: ConnectionQuery, limit: number): ConnectionPage {
  const connections: ConnectionInfo[] = [];
  for (const connection of candidates(hub, query)) {
    if (!fits(connection, query)) continue;
    if (connections.length === limit) return { connections, isTruncated: true };
    connections.push(describeConnection(connection, hub.instanceId));
  }
  return { connections, isTruncated: false };
}

function candidates(hub: HubContext, { id, userId }: ConnectionQuery): Iterable<Connection> {
  if (id !== undefined) {
    const connection = hub.connections.get(id);
    return connection === undefined ? [] : [connection];
  }
  return userId === undefined ? hub.connections.all() : hub.connections.ofUser(userId);
}

function fits(connection: Connection, { userId, ip, endpoint, room }: ConnectionQuery): boolean {
  return (
    (userId === undefined || connection.userId === userId) &&
    (ip === undefined || connection.ip === ip) &&
    (endpoint === undefined || connection.slot.current.path === endpoint) &&
    (room === undefined || connection.rooms.some(({ name }) => name === room))
  );
}
