import type { Answer } from "../to-response.ts";
import type { Turn } from "../turn.ts";
import type { Scheme } from "../request/request-url.ts";
import type { WireRequest } from "../request/wire-request.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { Connection } from "./connection.ts";
import type { TakenConnection } from "./taken-connection.ts";

/** Who hears of everything that happens to a socket. */
export interface SocketOwner {
  readonly wire: SocketWire;
  received(bytes: Buffer): void;
  drained(): void;
  /** The client sends nothing more. */
  ended(): void;
  /** The socket is gone, whoever closed it. */
  lost(): void;
  terminate(): void;
}

/** What connections need of whoever listens, and what they tell it. */
export interface ConnectionHost {
  readonly turn: Turn;
  /** Of what requests ask for. */
  readonly scheme: Scheme;
  readonly bodyBytesMax: number;
  /** No connection carries another request any more. */
  readonly isDraining: boolean;
  /** Counts sweeps. Deadlines are told in it: they need no clock of their own. */
  readonly tick: number;
  readonly deadlines: Deadlines;
  /** `undefined` where the connection was taken over. What it throws is for `answerError`. */
  handle(request: WireRequest): Promise<Answer | undefined> | Answer | undefined;
  /** @param request that is answered; `null` where none was read. */
  answerError(thrown: unknown, request: WireRequest | null): Answer;
  requestBegan(): void;
  requestEnded(): void;
  noted(trouble: Trouble): void;
  /** It speaks another protocol from now on, and watches over itself. */
  taken(connection: Connection, by: TakenConnection): void;
  closed(owner: SocketOwner): void;
}

/** In sweeps. */
export interface Deadlines {
  /** From the first byte of a head, or the opening of the connection, to the end of that head. */
  readonly head: number;
  /** Between two requests. */
  readonly idle: number;
  /** Without a byte of a body that is waited for. */
  readonly body: number;
  /** Without a byte of the answer that its client takes. */
  readonly stall: number;
  /** For a client to close after the last answer. */
  readonly linger: number;
}

/** Why this side ended a connection before its time. */
export type Trouble = "refused" | "late-head" | "late-body" | "stalled" | "broken-answer" | "turned-away";
