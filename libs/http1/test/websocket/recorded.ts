import { createEventLog, type EventLog } from "@libs/testing";
import type { AppSocket, AppSocketHandlers } from "../../src/websocket/app-socket.ts";

/** The events of a server's handlers, in order, and their sockets. */
export interface Recorded {
  readonly events: EventLog<readonly unknown[]>;
  readonly sockets: EventLog<AppSocket>;
  readonly handlers: AppSocketHandlers;
}

export function record(more: AppSocketHandlers = {}): Recorded {
  const events = createEventLog<readonly unknown[]>();
  const sockets = createEventLog<AppSocket>();
  return {
    events,
    sockets,
    handlers: {
      ...more,
      open(socket) {
        sockets.push(socket);
        return more.open?.(socket);
      },
      message(socket, message) {
        events.push(["message", typeof message === "string" ? message : [...message]]);
        return more.message?.(socket, message);
      },
      drain(socket) {
        events.push(["drain", socket.getBufferedAmount()]);
      },
      close(socket, code, reason) {
        events.push(["close", code, reason]);
        return more.close?.(socket, code, reason);
      },
      ping(_socket, data) {
        events.push(["ping", data.toString()]);
      },
      pong(_socket, data) {
        events.push(["pong", data.toString()]);
      },
      error(error) {
        events.push(["error", error.message]);
      },
    },
  };
}
