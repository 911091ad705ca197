import type { SocketHandler } from "bun";
import type { Answer } from "../to-response.ts";
import type { SocketWire } from "../socket-wire.ts";
import { Turn } from "../turn.ts";
import type { WireRequest } from "../request/wire-request.ts";
import { Admissions, type ConnectionLimits } from "./admissions.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, SocketOwner, Trouble } from "./host.ts";

export interface Http1Options {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Other processes may listen on the port too. Without it a taken port is an error. */
  readonly reusePort: boolean;
  /** Longer bodies are refused, 413. */
  readonly bodyBytesMax: number;
  /** Seconds between two requests, without a byte of a body, and without a byte of an answer that its client takes. */
  readonly idleTimeoutSeconds: number;
  /** Seconds for a whole head; 10 by default. */
  readonly headTimeoutSeconds?: number;
  /** Seconds for a client to close after the last answer of its connection; 5 by default. */
  readonly lingerSeconds?: number;
  /** As they are at the moment; none by default. */
  readonly connectionLimits?: () => ConnectionLimits;
  /** Answers a request; `undefined` where it took the connection over. */
  readonly handle: (request: WireRequest) => Promise<Answer | undefined> | Answer | undefined;
  /** What is answered where a request is refused, or `handle` throws. MUST NOT throw. */
  readonly answerError: (thrown: unknown) => Answer;
  /** Told of each connection that was ended from here before its time. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

/** An open port that speaks HTTP/1.1 and nothing else. */
export interface Http1Server {
  readonly hostname: string;
  readonly port: number;
  readonly pendingRequests: number;
  /** Connections that were taken over. */
  readonly takenConnections: number;
  /**
   * Accepts nothing more and closes what is idle; what is answered from now on ends its connection. Resolves when the last connection has
   * ended, those that were taken over among them.
   */
  stop(): Promise<void>;
  /** Cuts every connection. */
  cut(): void;
}

const sweepMs = 500;

/** @throws Error `EADDRINUSE` where the port is taken. */
export function listenHttp1(options: Http1Options): Http1Server {
  const sweepsOf = (seconds: number): number => Math.ceil((seconds * 1000) / sweepMs) + 1;
  const idle = sweepsOf(options.idleTimeoutSeconds);
  /** All that are open, and of them those that still speak HTTP. */
  const open = new Set<SocketOwner>();
  const speaking = new Set<Connection>();
  const admissions = new Admissions<SocketWire>(options.connectionLimits);
  const ended = Promise.withResolvers<void>();
  let [isDraining, tick, pending] = [false, 0, 0];

  const host: ConnectionHost = {
    turn: new Turn(),
    bodyBytesMax: options.bodyBytesMax,
    get isDraining() {
      return isDraining;
    },
    get tick() {
      return tick;
    },
    deadlines: {
      head: sweepsOf(options.headTimeoutSeconds ?? 10),
      idle,
      body: idle,
      stall: idle,
      linger: sweepsOf(options.lingerSeconds ?? 5),
    },
    handle: options.handle,
    answerError: options.answerError,
    requestBegan: () => void (pending += 1),
    requestEnded: () => void (pending -= 1),
    noted: options.onTrouble ?? (() => undefined),
    taken(connection, by) {
      speaking.delete(connection);
      open.delete(connection);
      open.add(by);
    },
    closed(owner) {
      open.delete(owner);
      admissions.left(owner.wire);
      if (owner instanceof Connection) speaking.delete(owner);
      if (isDraining && open.size === 0) finish();
    },
  };
  const listener = Bun.listen<SocketOwner>({
    hostname: options.hostname,
    port: options.port,
    // Not in its types: without it Linux gives the port to one process alone.
    ...(options.reusePort ? { reusePort: true } : {}),
    allowHalfOpen: true,
    socket: handlersOf(host, (connection) => {
      open.add(connection);
      speaking.add(connection);
      const admission = admissions.opened(connection.wire);
      if (admission !== "served") connection.turnAway(admission === "cut");
    }),
  });
  const sweeper = setInterval(() => {
    tick += 1;
    for (const connection of speaking) connection.sweep();
  }, sweepMs);

  function finish(): void {
    clearInterval(sweeper);
    ended.resolve();
  }

  return {
    hostname: listener.hostname,
    port: listener.port,
    get pendingRequests() {
      return pending;
    },
    get takenConnections() {
      return open.size - speaking.size;
    },
    stop() {
      if (!isDraining) {
        isDraining = true;
        listener.stop(false);
        for (const connection of speaking) connection.drain();
        if (open.size === 0) finish();
      }
      return ended.promise;
    },
    cut() {
      for (const connection of open) connection.terminate();
    },
  };
}

function handlersOf(
  host: ConnectionHost,
  opened: (connection: Connection) => void,
): SocketHandler<SocketOwner> {
  return {
    open(socket) {
      const connection = new Connection(socket, host);
      socket.data = connection;
      opened(connection);
    },
    data: (socket, bytes) => socket.data.received(bytes),
    drain: (socket) => socket.data.drained(),
    end: (socket) => socket.data.ended(),
    close: (socket) => socket.data.lost(),
    error(socket, error) {
      // What the system says of a connection is its client's affair; all else is a fault of ours.
      if (!("syscall" in error)) host.answerError(error);
      socket.data.terminate();
    },
  };
}
