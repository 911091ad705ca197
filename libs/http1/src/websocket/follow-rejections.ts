import type { AppSocket, AppSocketHandlers } from "./app-socket.ts";

/** The handlers for `Bun.serve`, which tells `error` of what they throw and not of what they reject with. */
export function followRejections(handlers: AppSocketHandlers): AppSocketHandlers {
  function follow(pending: unknown, socket: AppSocket): void {
    if (!(pending instanceof Promise) || handlers.error === undefined) return;
    pending.catch((thrown: unknown) => handlers.error?.(toError(thrown), socket));
  }

  return {
    ...handlers,
    open: (socket) => follow(handlers.open?.(socket), socket),
    message: (socket, message) => follow(handlers.message?.(socket, message), socket),
    drain: (socket) => follow(handlers.drain?.(socket), socket),
    close: (socket, code, reason) => follow(handlers.close?.(socket, code, reason), socket),
    ping: (socket, data) => follow(handlers.ping?.(socket, data), socket),
    pong: (socket, data) => follow(handlers.pong?.(socket, data), socket),
  };
}

/** What was thrown or rejected with, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
