import type { Answer } from "../to-response.ts";
import { PlacedList } from "../placed-list.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { WireSocket } from "../wire-socket.ts";
import { Turn } from "../turn.ts";
import type { Scheme } from "../request/request-url.ts";
import type { WireRequest } from "../request/wire-request.ts";
import type { BodyQuota, BodyRate } from "./body-pace.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, Deadlines, SocketOwner, Trouble } from "./host.ts";
import type { TakenConnection } from "./taken-connection.ts";

export interface ConnectionsOptions {
  /** Longer bodies are refused with 413. */
  readonly bodyBytesMax: number;
  /** Bound, in seconds, on the time between requests, between parts of a body, and without progress of a client that reads an answer. */
  readonly idleTimeoutSeconds: number;
  /** Returns the current minimum rate of bodies; none by default. */
  readonly bodyRate?: (() => BodyRate) | undefined;
  /** Bound, in seconds, on receiving a whole head; 10 by default. */
  readonly headTimeoutSeconds?: number;
  /** How many seconds a client may take to close after the last answer; 5 by default. */
  readonly lingerSeconds?: number;
  /** Answers a request; `undefined` where the connection was upgraded. */
  readonly handle: (request: WireRequest) => Promise<Answer | undefined> | Answer | undefined;
  /**
   * Renders the answer where a request is refused, `handle` throws, or an answer cannot be written. MUST NOT throw.
   * @param request `null` where none could be read.
   */
  readonly answerError: (thrown: unknown, request: WireRequest | null) => Answer;
  /** Called for each connection that this side ended early. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

const sweepMs = 500;

/** All connections that speak HTTP/1.1, whatever accepted them: requests, deadlines, drain. */
export class Connections {
  /** All open connections, including upgraded ones. */
  readonly #open = new PlacedList<SocketOwner>();
  readonly #speaking = new Set<Connection>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #host: ConnectionHost & { isDraining: boolean; tick: number; bodyQuota: BodyQuota | null };
  readonly #bodyRate: (() => BodyRate) | undefined;
  readonly #left: (wire: SocketWire) => void;
  #sweeper: NodeJS.Timeout | null = null;
  #pending = 0;

  /**
   * @param scheme of the requests.
   * @param left called once per connection, when it ends.
   */
  constructor(
    options: ConnectionsOptions,
    scheme: Scheme,
    left: (wire: SocketWire) => void = () => undefined,
  ) {
    this.#left = left;
    this.#bodyRate = options.bodyRate;
    this.#host = {
      turn: new Turn(),
      scheme,
      bodyBytesMax: options.bodyBytesMax,
      isDraining: false,
      tick: 0,
      deadlines: deadlinesOf(options),
      bodyQuota: null,
      handle: options.handle,
      answerError: options.answerError,
      requestBegan: () => void (this.#pending += 1),
      requestEnded: () => void (this.#pending -= 1),
      noted: options.onTrouble ?? (() => undefined),
      taken: (connection, by) => this.#taken(connection, by),
      closed: (owner) => this.#closed(owner),
    };
  }

  /** Requests that are not yet answered. */
  get pendingRequests(): number {
    return this.#pending;
  }

  /** The number of upgraded connections. */
  get takenConnections(): number {
    return this.#open.size - this.#speaking.size;
  }

  /** The caller MUST forward all events of the socket to `socket.data` from here on. */
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
   * Closes idle connections, and the others after their next answer. Resolves when the last connection has ended, upgraded ones included.
   */
  drain(): Promise<void> {
    if (!this.#host.isDraining) {
      this.#host.isDraining = true;
      for (const connection of this.#speaking) connection.drain();
      this.#finishIfLast();
    }
    return this.#ended.promise;
  }

  /** Terminates all connections. */
  cut(): void {
    this.#open.forEach((owner) => owner.terminate());
  }

  #sweep(): void {
    this.#host.tick += 1;
    this.#host.bodyQuota = quotaOf(this.#bodyRate?.());
    for (const connection of this.#speaking) connection.sweep();
  }

  #taken(connection: Connection, by: TakenConnection): void {
    this.#speaking.delete(connection);
    this.#open.remove(connection);
    this.#open.add(by);
  }

  #closed(owner: SocketOwner): void {
    this.#open.remove(owner);
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

const sweepsOf = (seconds: number): number => Math.ceil((seconds * 1000) / sweepMs) + 1;

function quotaOf(rate: BodyRate | undefined): BodyQuota | null {
  if (rate === undefined || rate.bytesPerSecMin === 0) return null;
  const { bytesPerSecMin, windowSeconds } = rate;
  return { bytesMin: bytesPerSecMin * windowSeconds, sweeps: sweepsOf(windowSeconds) };
}

function deadlinesOf({
  idleTimeoutSeconds,
  headTimeoutSeconds = 10,
  lingerSeconds = 5,
}: ConnectionsOptions): Deadlines {
  const idle = sweepsOf(idleTimeoutSeconds);
  return {
    head: sweepsOf(headTimeoutSeconds),
    idle,
    body: idle,
    stall: idle,
    linger: sweepsOf(lingerSeconds),
  };
}
