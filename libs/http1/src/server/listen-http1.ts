import type { Socket, SocketHandler } from "bun";
import type { SocketWire } from "../socket-wire.ts";
import { Admissions, type ConnectionLimits } from "./admissions.ts";
import { Connections, type ConnectionsOptions } from "./connections.ts";
import type { SocketOwner } from "./host.ts";

export interface Http1Options extends ConnectionsOptions {
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Other processes may listen on the same port. Without it, a taken port is an error. */
  readonly reusePort: boolean;
  /** Returns the current limits; unlimited by default. */
  readonly connectionLimits?: () => ConnectionLimits;
}

/** An open port that speaks HTTP/1.1 only. */
export interface Http1Server {
  readonly hostname: string;
  readonly port: number;
  readonly pendingRequests: number;
  /** The number of upgraded connections. */
  readonly takenConnections: number;
  /**
   * Stops accepting, closes idle connections, and the others after their next answer. Resolves when the last connection has ended,
   * upgraded ones included.
   */
  stop(): Promise<void>;
  /** Terminates all connections. */
  cut(): void;
}

/** @throws Error `EADDRINUSE` where the port is taken. */
export function listenHttp1(options: Http1Options): Http1Server {
  const admissions = new Admissions<SocketWire>(options.connectionLimits);
  const connections = new Connections(options, "http", (wire) => admissions.left(wire));
  const listener = Bun.listen<SocketOwner>({
    hostname: options.hostname,
    port: options.port,
    // missing in Bun's types; without it Linux lets only one process listen
    ...(options.reusePort ? { reusePort: true } : {}),
    allowHalfOpen: true,
    socket: handlersOf(options, (socket) => {
      const connection = connections.accept(socket);
      const admission = admissions.opened(connection.wire);
      if (admission !== "served") connection.turnAway(admission === "cut");
    }),
  });
  return {
    hostname: listener.hostname,
    port: listener.port,
    get pendingRequests() {
      return connections.pendingRequests;
    },
    get takenConnections() {
      return connections.takenConnections;
    },
    stop() {
      listener.stop(false);
      return connections.drain();
    },
    cut: () => connections.cut(),
  };
}

function handlersOf(
  { answerError }: Http1Options,
  open: (socket: Socket<SocketOwner>) => void,
): SocketHandler<SocketOwner> {
  return {
    open,
    data: (socket, bytes) => socket.data.received(bytes),
    drain: (socket) => socket.data.drained(),
    end: (socket) => socket.data.ended(),
    close: (socket) => socket.data.lost(),
    error(socket, error) {
      // system errors of a connection are the client's doing; anything else is a bug of ours
      if (!("syscall" in error)) answerError(error, null);
      socket.data.terminate();
    },
  };
}
