import { CartwayError } from "@libs/errors";
import type { AppSocket, IncomingRequest } from "@libs/http1";
import type { AppServer, AppWebSocketHandler } from "../app.ts";

/** The open WebSockets of a listener: how many there may be, and closing all of them when the listener drains. */
export interface SocketRegistry {
  /** The app's handlers with the registry's own bookkeeping at open and close. */
  readonly handlers: AppWebSocketHandler;
  readonly size: number;
  /** Throws what the caller shall be told where no upgrade can be made: not asked for, no room, draining. */
  check(request: IncomingRequest): void;
  /** Checks and upgrades. Returns what `fetch` must return then. */
  readonly upgrade: (
    request: IncomingRequest,
    server: AppServer,
    data: unknown,
    headers?: Bun.HeadersInit,
  ) => undefined;
  /** The app's own way of closing its sockets, where it has one. */
  sendAway(): Promise<void>;
  /** Closes every socket with the code and refuses new ones from now on. */
  closeAll(code: number, reason: string): void;
}

export interface SocketRegistryOptions {
  readonly handlers: AppWebSocketHandler;
  readonly connectionsMax: number;
  /** From the moment the server begins to drain new sockets are refused, although the open ones are closed only later. */
  readonly draining: () => boolean;
  readonly drain?: (() => Promise<void>) | undefined;
  /** Told of what the app's handlers throw and reject with, where it does not hear of it itself. */
  readonly failed: (error: Error) => void;
}

export function createSocketRegistry({
  handlers,
  connectionsMax,
  draining,
  failed,
  drain = () => Promise.resolve(),
}: SocketRegistryOptions): SocketRegistry {
  const open = new Set<AppSocket>();
  let closing: { readonly code: number; readonly reason: string } | null = null;

  function check(request: IncomingRequest): void {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new CartwayError("upgrade_required", { headers: { upgrade: "websocket" } });
    }
    if (draining()) throw new CartwayError("shutting_down", { retryAfterSeconds: 1 });
    if (open.size >= connectionsMax) throw new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
  }

  return {
    handlers: {
      error: failed,
      ...handlers,
      open(socket) {
        open.add(socket);
        // Accepted just before the drain began, opened just after.
        if (closing === null) return handlers.open?.(socket);
        socket.close(closing.code, closing.reason);
      },
      close(socket, code, reason) {
        open.delete(socket);
        return handlers.close?.(socket, code, reason);
      },
    },
    get size() {
      return open.size;
    },
    check,
    upgrade(request, server, data, headers) {
      check(request);
      const upgraded = server.upgrade(request, { data, ...(headers === undefined ? {} : { headers }) });
      if (!upgraded)
        throw new CartwayError("bad_request", { message: "The WebSocket handshake is malformed." });
      return undefined;
    },
    sendAway: drain,
    closeAll(code, reason) {
      closing = { code, reason };
      for (const socket of open) socket.close(code, reason);
    },
  };
}
