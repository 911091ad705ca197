import type { Answer } from "../to-response.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { WireSocket } from "../wire-socket.ts";
import { Turn } from "../turn.ts";
import type { Scheme } from "../request/request-url.ts";
import type { WireRequest } from "../request/wire-request.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, Deadlines, SocketOwner, Trouble } from "./host.ts";
import type { TakenConnection } from "./taken-connection.ts";

export interface ConnectionsOptions {
  /** Longer bodies are refused, 413. */
  readonly bodyBytesMax: number;
  /** Seconds between two requests, without a byte of a body, and without a byte of an answer that its client takes. */
  readonly idleTimeoutSeconds: number;
  /** Seconds for a whole head; 10 by default. */
  readonly headTimeoutSeconds?: number;
  /** Seconds for a client to close after the last answer of its connection; 5 by default. */
  readonly lingerSeconds?: number;
  /** Answers a request; `undefined` where it took the connection over. */
  readonly handle: (request: WireRequest) => Promise<Answer | undefined> | Answer | undefined;
  /**
   * What is answered where a request is refused, `handle` throws, or an answer cannot be written. MUST NOT throw.
   * @param request `null` where none was read.
   */
  readonly answerError: (thrown: unknown, request: WireRequest | null) => Answer;
  /** Told of each connection that was ended from here before its time. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

const sweepMs = 500;

/** Connections that speak HTTP/1.1, wherever they were accepted: their requests, their deadlines, their end. */
export class Connections {
  /** All that are open, and of them those that still speak HTTP. */
  readonly #open = new Set<SocketOwner>();
  readonly #speaking = new Set<Connection>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #host: ConnectionHost & { isDraining: boolean; tick: number };
  readonly #left: (wire: SocketWire) => void;
  #sweeper: NodeJS.Timeout | null = null;
  #pending = 0;

  /**
   * @param scheme of what their requests ask for.
   * @param left told of each connection once, with its end.
   */
  constructor(
    options: ConnectionsOptions,
    scheme: Scheme,
    left: (wire: SocketWire) => void = () => undefined,
  ) {
    this.#left = left;
    this.#host = {
      turn: new Turn(),
      scheme,
      bodyBytesMax: options.bodyBytesMax,
      isDraining: false,
      tick: 0,
      deadlines: deadlinesOf(options),
      handle: options.handle,
      answerError: options.answerError,
      requestBegan: () => void (this.#pending += 1),
      requestEnded: () => void (this.#pending -= 1),
      noted: options.onTrouble ?? (() => undefined),
      taken: (connection, by) => this.#taken(connection, by),
      closed: (owner) => this.#closed(owner),
    };
  }

  /** Requests that are not answered yet. */
  get pendingRequests(): number {
    return this.#pending;
  }

  /** Connections that were taken over. */
  get takenConnections(): number {
    return this.#open.size - this.#speaking.size;
  }

  /** From here on `socket.data` MUST hear of all that happens to the socket. */
  accept(socket: WireSocket): Connection {
    const connection = new Connection(socket, this.#host);
    socket.data = connection;
    this.#open.add(connection);
    this.#speaking.add(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs);
    if (this.#host.isDraining) connection.drain();
    return connection;
  }

  /**
   * Closes what is idle; what is answered from now on ends its connection. Resolves when the last connection has ended, those that were
   * taken over among them.
   */
  drain(): Promise<void> {
    if (!this.#host.isDraining) {
      this.#host.isDraining = true;
      for (const connection of this.#speaking) connection.drain();
      this.#finishIfLast();
    }
    return this.#ended.promise;
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const connection of this.#open) connection.terminate();
  }

  #sweep(): void {
    this.#host.tick += 1;
    for (const connection of this.#speaking) connection.sweep();
  }

  #taken(connection: Connection, by: TakenConnection): void {
    this.#speaking.delete(connection);
    this.#open.delete(connection);
    this.#open.add(by);
  }

  #closed(owner: SocketOwner): void {
    this.#open.delete(owner);
    this.#left(owner.wire);
    if (owner instanceof Connection) this.#speaking.delete(owner);
    this.#finishIfLast();
  }

  #finishIfLast(): void {
    if (!this.#host.isDraining || this.#open.size > 0) return;
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
    this.#ended.resolve();
  }
}

function deadlinesOf({
  idleTimeoutSeconds,
  headTimeoutSeconds = 10,
  lingerSeconds = 5,
}: ConnectionsOptions): Deadlines {
  const sweepsOf = (seconds: number): number => Math.ceil((seconds * 1000) / sweepMs) + 1;
  const idle = sweepsOf(idleTimeoutSeconds);
  return {
    head: sweepsOf(headTimeoutSeconds),
    idle,
    body: idle,
    stall: idle,
    linger: sweepsOf(lingerSeconds),
  };
}
