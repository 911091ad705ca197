import type { AppWebSocketHandler } from "@libs/elysia-server";
import { Connection } from "./connections/connection.ts";
import { closeConnection, openConnection } from "./connections/open-and-close.ts";
import { resumeConsumer } from "./connections/slow-consumers.ts";
import type { HubContext } from "./hub-context.ts";
import { receiveFrame } from "./receive-frame.ts";

/** The handlers for Bun's listener. A socket's data is its `Connection`. */
export function createHandlers(hub: HubContext): AppWebSocketHandler {
  const { frameBytesMax, queueBytesMax, idleMs } = hub.config().limits;
  return {
    maxPayloadLength: frameBytesMax,
    // above the hub's own limit, to cover a burst between two sweeps; beyond it the connection is closed, since Bun would drop
    // publications silently, while a client that reconnects gets them or is told of the gap
    backpressureLimit: queueBytesMax * 4,
    closeOnBackpressureLimit: true,
    idleTimeout: Math.min(960, Math.ceil(idleMs / 1000)),
    sendPings: true,
    perMessageDeflate: false,
    open(socket) {
      if (socket.data instanceof Connection) openConnection(hub, socket.data, socket);
      else socket.close(1011, "not of the hub");
    },
    message(socket, message) {
      if (socket.data instanceof Connection) receiveFrame(hub, socket.data, message);
    },
    drain(socket) {
      if (socket.data instanceof Connection) resumeConsumer(hub, socket.data);
    },
    /** A bug in a handler must cost one connection, not the process. */
    error(error, socket) {
      hub.logger.error({ err: error }, "handling a frame failed");
      if (socket.data instanceof Connection) hub.delivery.close(socket.data, "internal");
    },
    close(socket, code) {
      if (socket.data instanceof Connection) closeConnection(hub, socket.data, code);
    },
  };
}
