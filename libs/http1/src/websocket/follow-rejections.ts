import type { AppSocket, AppSocketHandlers } from "./app-socket.ts";

/** Wraps handlers for `Bun.serve`, which passes to `error` what they throw, but not what they reject with. */
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

/** Converts anything thrown to an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
