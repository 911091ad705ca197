import type { SocketAddress } from "bun";
import { CartwayError } from "@libs/errors";
import { sendAnswer, wireOf } from "../answer/send-answer.ts";
import { HeadReader } from "../request/head-reader.ts";
import type { RequestHead } from "../request/parse-request-head.ts";
import type { WireRequest } from "../request/wire-request.ts";
import { SocketWire } from "../socket-wire.ts";
import type { Takeover, Wire } from "../takeover.ts";
import type { TurnEnd } from "../turn.ts";
import type { WireSocket } from "../wire-socket.ts";
import { Exchange, type ExchangeOwner } from "./exchange.ts";
import { EarlyBytes } from "./early-bytes.ts";
import type { ConnectionHost, Deadlines, SocketOwner, Trouble } from "./host.ts";
import { TakenConnection } from "./taken-connection.ts";

/** Requests that a client sends before it has its answer are kept up to this; then it is read no further. */
const earlyBytesMax = 65_536;
/** Answers that go out together, at most. */
const heldBytesMax = 65_536;

const noBytes = Buffer.alloc(0);

/**
 * `idle`: waits for a request, or for the rest of its head. `answering`: has one, whose body may still arrive. `taken`: the
 * socket is another's, since it speaks another protocol. `lingering`: all was said; what the client still sends is dropped, so that it
 * is not reset before it has read the answer.
 */
type State = "idle" | "answering" | "taken" | "lingering" | "closed";

/** One socket of a client that speaks HTTP. Its requests are answered one at a time, in their order. */
export class Connection implements ExchangeOwner, SocketOwner, TurnEnd {
  readonly wire: SocketWire;
  memo: unknown = null;
  readonly #host: ConnectionHost;
  readonly #heads: HeadReader;
  #state: State = "idle";
  #exchange: Exchange | null = null;
  #taken: TakenConnection | null = null;
  /** Came before its time: the next requests of a client that does not wait, or the first bytes of another protocol. */
  readonly #early = new EarlyBytes();
  #isReadingPaused = false;
  #isAdvancing = false;
  #isHolding = false;
  #isTurnedAway = false;
  #deadline: number;

  constructor(socket: WireSocket, host: ConnectionHost) {
    this.wire = new SocketWire(socket);
    this.#host = host;
    this.#heads = new HeadReader(host.scheme);
    this.#deadline = host.tick + host.deadlines.head;
  }

  awaitBody(): void {
    this.#await("body");
  }

  get peer(): SocketAddress | null {
    return this.wire.peer;
  }
  get hasEarly(): boolean {
    return !this.#early.isEmpty;
  }

  received(bytes: Buffer): void {
    switch (this.#state) {
      case "idle":
        // A client that does not read its answers gets no more of them.
        if (this.#early.isEmpty && this.wire.bufferedBytes === 0) this.#advance(bytes);
        else this.#keepEarly(bytes);
        return;
      case "answering":
        if (this.#exchange?.isBodyComplete === false) this.#feed(this.#exchange, bytes);
        else this.#keepEarly(bytes);
        return;
      case "taken":
      case "lingering":
      case "closed":
        return;
    }
  }

  drained(): void {
    const isEmpty = this.wire.flush();
    this.#exchange?.drained();
    if (!isEmpty) return;
    if (this.#state === "idle") this.#next();
    else if (this.#state === "lingering") this.#await("linger");
  }

  /** The client sends nothing more. Who closes its end while it waits for an answer has left: no other client does that. */
  ended(): void {
    if (this.#state === "idle" && this.wire.bufferedBytes > 0) return this.#finish();
    if (this.#state === "idle") return this.#close();
    // It may still read the last that it was sent, what the system holds of it among it.
    if (this.wire.isSendingLast) return;
    return this.#state === "lingering" ? this.#close() : this.terminate();
  }

  /** The socket is gone, whoever closed it. */
  lost(): void {
    if (this.#state === "closed") return;
    const wasAnswering = this.#state === "answering";
    this.#state = "closed";
    this.#early.set(null);
    this.wire.closed();
    if (wasAnswering) this.#exchange?.abandon(new Error("the client left"));
    this.#host.closed(this);
  }

  terminate(): void {
    this.wire.terminate();
    this.lost();
  }

  /** Takes no other request: ends at once where it has none. */
  drain(): void {
    if (this.#state === "idle" && !this.#heads.hasBegun && this.wire.bufferedBytes === 0) this.#close();
  }

  /** There are too many: the first that it asks for is refused, or nothing is said at all. */
  turnAway(isSilent: boolean): void {
    this.#isTurnedAway = true;
    if (isSilent) this.#cut("turned-away");
  }

  /** Called a few times a second, until the connection is taken: ends what waited too long. */
  sweep(): void {
    const { tick, deadlines } = this.#host;
    if (this.wire.isStalled(tick, deadlines.stall)) return this.#cut("stalled");
    if (tick < this.#deadline) return;
    // A client that is still reading does not keep anybody waiting yet.
    if (this.#state === "idle" && this.wire.bufferedBytes > 0) return this.#await("idle");
    if (this.#state === "answering") return this.#refuse(new CartwayError("request_timeout"), "late-body");
    if (this.#heads.hasBegun) this.#host.noted("late-head");
    this.#close();
  }

  /** Gives the connection to another protocol, which answers the request itself. False where that is not under way. */
  takeOver(request: WireRequest, open: (wire: Wire) => Takeover): boolean {
    if (this.#exchange?.isOf(request) !== true || this.#exchange.hasAnswerBegun) return false;
    // What is still to come of a body would be taken for the other protocol's (RFC 9110, section 7.8).
    if (!this.#exchange.isBodyComplete) return false;
    this.#state = "taken";
    this.#exchange.end();
    this.#exchange = null;
    // From here on it is paused by whoever opens it, and by nobody else.
    this.resumeReading();
    this.#taken = new TakenConnection(this.wire, this.#host, this.#early.take());
    this.wire.belongTo(this.#taken);
    this.#host.taken(this, this.#taken);
    this.#taken.open(open);
    return true;
  }

  pauseReading(): void {
    if (this.#isReadingPaused) return;
    this.#isReadingPaused = true;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.wire.pause();
  }

  resumeReading(): void {
    if (!this.#isReadingPaused) return;
    this.#isReadingPaused = false;
    if (this.#state === "answering") this.#await("body");
    this.wire.resume();
  }

  hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    this.#host.turn.defer(this);
  }

  answered(closes: boolean): void {
    const isAllRead = this.#early.isEmpty && this.#exchange?.isBodyComplete !== false;
    this.#exchange?.end();
    if (closes) {
      if (isAllRead && this.wire.bufferedBytes === 0) this.#close();
      else this.#finish();
      return;
    }
    this.#state = "idle";
    this.#await("idle");
    this.#next();
  }

  broken(): void {
    this.#cut("broken-answer");
  }

  endTurn(): void {
    this.#isHolding = false;
    if (this.#taken === null) this.drained();
    else this.#taken.drained();
  }

  /** Reads requests until one is under way, or more has to come. */
  #advance(bytes: Buffer): void {
    let input: Buffer | null = bytes;
    this.#isAdvancing = true;
    while (input !== null) {
      const hadBegun = this.#heads.hasBegun;
      try {
        const head = this.#heads.read(input);
        if (head !== null) this.#begin(head, this.#heads.takeRest());
        else if (!hadBegun) this.#await("head");
      } catch (thrown) {
        this.#refuse(thrown, "refused");
      }
      input = this.#takeEarly();
    }
    this.#isAdvancing = false;
  }

  #begin(head: RequestHead, rest: Buffer | null): void {
    if (this.#isTurnedAway)
      return this.#refuse(new CartwayError("too_many_connections", { retryAfterSeconds: 5 }), "turned-away");
    this.#exchange ??= new Exchange(this, this.#host);
    this.#exchange.begin(head);
    this.#state = "answering";
    this.#deadline = Number.POSITIVE_INFINITY;
    if (this.#exchange.isBodyComplete) this.#early.set(rest);
    else if (!this.#feed(this.#exchange, rest ?? noBytes)) return;
    this.#exchange.dispatch();
  }

  /** @returns false where what came cannot be a body, and was refused. */
  #feed(exchange: Exchange, bytes: Buffer): boolean {
    try {
      const end = exchange.feed(bytes);
      this.#early.set(end < bytes.length ? bytes.subarray(end) : null);
    } catch (thrown) {
      this.#refuse(thrown, "refused");
      return false;
    }
    if (exchange.awaitsBody) this.#await("body");
    else this.#deadline = Number.POSITIVE_INFINITY;
    return true;
  }

  #keepEarly(bytes: Buffer): void {
    this.#early.add(bytes);
    if (this.#early.length > earlyBytesMax) this.pauseReading();
  }

  /** What came early and can be read now: not before the answers that were given are on their way. */
  #takeEarly(): Buffer | null {
    if (this.#state !== "idle" || this.#early.isEmpty) return null;
    const { bufferedBytes } = this.wire;
    if (bufferedBytes > 0 && (!this.#isHolding || bufferedBytes > heldBytesMax)) return null;
    const early = this.#early.take();
    this.resumeReading();
    return early;
  }

  #next(): void {
    if (this.#isAdvancing) return;
    const early = this.#takeEarly();
    if (early !== null) this.#advance(early);
    else if (this.#host.isDraining) this.drain();
  }

  /** Answers what cannot be served, and ends. */
  #refuse(thrown: unknown, trouble: Trouble): void {
    if (this.#exchange?.hasAnswerBegun === true) return this.#cut(trouble);
    this.#host.noted(trouble);
    this.#exchange?.abandon(thrown);
    this.#state = "lingering";
    const way = { wire: this.wire, turn: this.#host.turn, ended: () => this.#finish() };
    const sending = { ...way, isHead: false, isHttp11: true, closes: true, isHeld: false };
    if (sendAnswer(wireOf(this.#host.answerError(thrown, null)), sending) === null) this.#finish();
  }

  /** All was said. */
  #finish(): void {
    this.#state = "lingering";
    this.#early.set(null);
    if (this.wire.bufferedBytes === 0) this.#await("linger");
    else this.#deadline = Number.POSITIVE_INFINITY;
    this.resumeReading();
    this.wire.end();
  }

  #await(what: keyof Deadlines): void {
    this.#deadline = this.#host.tick + this.#host.deadlines[what];
  }

  /** Nothing of the client's is left unread: it is not reset. */
  #close(): void {
    this.wire.close();
    this.lost();
  }

  #cut(trouble: Trouble): void {
    this.#host.noted(trouble);
    this.terminate();
  }
}
