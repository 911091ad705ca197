import type { Placed } from "../placed-list.ts";
import type { Answer } from "../to-response.ts";
import type { Turn } from "../turn.ts";
import type { Scheme } from "../request/request-url.ts";
import type { WireRequest } from "../request/wire-request.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { BodyQuota } from "./body-pace.ts";
import type { Connection } from "./connection.ts";
import type { TakenConnection } from "./taken-connection.ts";

/** Receives the events of a socket. */
export interface SocketOwner extends Placed {
  readonly wire: SocketWire;
  received(bytes: Buffer): void;
  drained(): void;
  /** The client has sent FIN. */
  ended(): void;
  /** The socket has closed, on either side's initiative. */
  lost(): void;
  terminate(): void;
}

/** What connections require of their listener, and report to it. */
export interface ConnectionHost {
  readonly turn: Turn;
  /** The scheme of requests. */
  readonly scheme: Scheme;
  readonly bodyBytesMax: number;
  /** True once connections no longer accept further requests. */
  readonly isDraining: boolean;
  /** A counter of sweeps. Deadlines are measured in it, without timers of their own. */
  readonly tick: number;
  readonly deadlines: Deadlines;
  /** The current one; `null` for none. */
  readonly bodyQuota: BodyQuota | null;
  /** Returns `undefined` where the connection was upgraded. Anything thrown goes to `answerError`. */
  handle(request: WireRequest): Promise<Answer | undefined> | Answer | undefined;
  /** @param request `null` where none could be read. */
  answerError(thrown: unknown, request: WireRequest | null): Answer;
  requestBegan(): void;
  requestEnded(): void;
  noted(trouble: Trouble): void;
  /** The connection was upgraded; `by` now enforces its own deadlines. */
  taken(connection: Connection, by: TakenConnection): void;
  closed(owner: SocketOwner): void;
}

/** In numbers of sweeps. */
export interface Deadlines {
  /** From the first byte of a head, or from accepting the connection, to the end of the head. */
  readonly head: number;
  /** Between two requests. */
  readonly idle: number;
  /** Between two parts of a body that is expected. */
  readonly body: number;
  /** Without progress of a client that reads an answer. */
  readonly stall: number;
  /** For the client to close after the last answer. */
  readonly linger: number;
}

/** Why this side ended a connection early. */
export type Trouble = "refused" | "late-head" | "late-body" | "stalled" | "broken-answer" | "turned-away";
