import { CartwayError } from "@libs/errors";
import type { AppSocket, IncomingRequest } from "@libs/http1";
import type { AppServer, AppWebSocketHandler } from "../app.ts";

/** The open WebSockets of a listener: bounds their number, and closes all of them when the listener drains. */
export interface SocketRegistry {
  /** The app's handlers, wrapped to track open sockets. */
  readonly handlers: AppWebSocketHandler;
  readonly size: number;
  /** Throws where the request cannot be upgraded: no upgrade was requested, the limit is reached, or the server drains. */
  check(request: IncomingRequest): void;
  /** Checks and upgrades. The result is what `fetch` must return. */
  readonly upgrade: (
    request: IncomingRequest,
    server: AppServer,
    options: { readonly data: unknown; readonly headers: Bun.HeadersInit },
  ) => undefined;
  /** Runs the app's own procedure for closing its sockets, where it has one. */
  sendAway(): Promise<void>;
  /** Closes all sockets with the code, and refuses new ones from then on. */
  closeAll(code: number, reason: string): void;
}

export interface SocketRegistryOptions {
  readonly handlers: AppWebSocketHandler;
  readonly connectionsMax: number;
  /** New sockets are refused once the server starts to drain, although open ones are closed later. */
  readonly draining: () => boolean;
  readonly drain?: (() => Promise<void>) | undefined;
  /** Receives what the app's handlers throw or reject with, where the app has no `error` handler. */
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
        // it was accepted before the drain began, and opened after
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
    upgrade(request, server, options) {
      check(request);
      if (!server.upgrade(request, options))
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
