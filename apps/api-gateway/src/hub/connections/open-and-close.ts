import { closeCodes, type WelcomePayload, writeReply } from "@libs/messaging";
import { closeCodeLabel } from "../../telemetry/close-code-label.ts";
import type { HubContext } from "../hub-context.ts";
import { leave } from "../own-frames/leave-room.ts";
import { joinAtConnect, roomsAtConnect } from "../rooms/join-at-connect.ts";
import { collectWhileOpening } from "./collect-while-opening.ts";
import type { Connection } from "./connection.ts";
import type { HubSocket } from "./hub-socket.ts";
import { personalChannelOf } from "./personal-channel.ts";

/** Registers a connection whose transport has opened, and tells the client its limits. */
export function openConnection(
  hub: HubContext,
  connection: Connection,
  socket: HubSocket,
  secret?: string,
): void {
  const { slot } = connection;
  connection.socket = socket;
  slot.connections += 1;
  collectWhileOpening(hub.state.connectionsMade);
  hub.connections.add(connection);
  hub.metrics.connections.with({ endpoint: slot.current.path }).set(slot.connections);
  if (hub.state.isDraining) return hub.delivery.close(connection, "shutdown");
  const rooms = roomsAtConnect(connection);
  const welcome = { ...welcomeOf(connection, hub.now()), rooms: [...rooms.keys()], secret };
  hub.delivery.send(connection, writeReply("welcome", null, JSON.stringify(welcome)));
  if (rooms.size > 0) void joinAtConnect(hub, connection, rooms);
  connection.personalChannel = personalChannelOf(connection);
  if (connection.personalChannel !== null) {
    holdPersonal(hub, connection, connection.personalChannel).catch((error: unknown) => {
      hub.logger.error({ err: error }, "a personal channel could not be held");
      hub.delivery.close(connection, "internal");
    });
  }
}

const ownCodes: ReadonlySet<number> = new Set(Object.values(closeCodes).map(({ code }) => code));

/** Removes a connection whose transport is gone, for whatever reason. Calls to services go on; their answers are dropped. */
export function closeConnection(hub: HubContext, connection: Connection, code: number): void {
  const { slot, personal } = connection;
  if (connection.socket === null) return;
  hub.sessions.leave(connection);
  const rooms = connection.rooms.splice(0);
  connection.latest = null;
  connection.socket = null;
  connection.personal = null;
  slot.connections -= 1;
  hub.connections.remove(connection);
  hub.metrics.connections.with({ endpoint: slot.current.path }).set(slot.connections);
  hub.metrics.closes.with({ code: closeCodeLabel(code, ownCodes) }).inc();
  for (const room of rooms) {
    leave(hub, connection, room).catch((error: unknown) =>
      hub.logger.warn({ err: error }, "a presence was not removed"),
    );
  }
  if (personal !== null) hub.rooms.leave(personal, connection);
}

function welcomeOf({ id, userId, principal, slot }: Connection, now: number): Omit<WelcomePayload, "rooms"> {
  const { heartbeatMs, frameBytesMax } = slot.current.limits;
  return { connectionId: id, userId, ...endOf(principal, now), heartbeatMs, frameBytesMax };
}

/** When a credential expires, on the hub's monotonic clock. */
export function endOf(
  principal: Connection["principal"],
  now: number,
): Pick<WelcomePayload, "expiresAt" | "expiresInMs"> {
  if (principal === null || !Number.isFinite(principal.expiresAt))
    return { expiresAt: null, expiresInMs: null };
  return { expiresAt: principal.expiresAt, expiresInMs: principal.expiresAt - now };
}

async function holdPersonal(hub: HubContext, connection: Connection, channel: string): Promise<void> {
  const room = await hub.rooms.hold(channel);
  if (!connection.isOpen) return hub.rooms.release(room);
  connection.personal = room;
  hub.rooms.enter(room, connection);
}
