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
import { ReadingProgress } from "./reading-progress.ts";
import { TakenConnection } from "./taken-connection.ts";

/** How many bytes of pipelined requests are buffered before reading pauses. */
const earlyBytesMax = 65_536;
/** Bound on pipelined answers that are written together. */
const heldBytesMax = 65_536;

const noBytes = Buffer.alloc(0);

/**
 * `idle`: waits for a request, or the rest of its head. `answering`: handles a request, whose body may still arrive. `taken`: upgraded to
 * another protocol, which owns the socket. `lingering`: the last answer was sent; further input is dropped, so that a reset does not
 * destroy the answer before the client has read it.
 */
type State = "idle" | "answering" | "taken" | "lingering" | "closed";

/** An HTTP connection of a client. Requests are answered one at a time, in order. */
export class Connection implements ExchangeOwner, SocketOwner, TurnEnd {
  index = -1;
  readonly wire: SocketWire;
  memo: unknown = null;
  readonly #host: ConnectionHost;
  readonly #heads: HeadReader;
  #state: State = "idle";
  #exchange: Exchange | null = null;
  #taken: TakenConnection | null = null;
  /** Bytes that arrived early: pipelined requests, or the first bytes of another protocol. */
  readonly #early = new EarlyBytes();
  #isReadingPaused = false;
  #isAdvancing = false;
  #isHolding = false;
  #isTurnedAway = false;
  /** Whether the request that was read last, and not answered yet, is a HEAD: its answer has no body. */
  #isHead = false;
  #peer: SocketAddress | null = null;
  readonly #progress: ReadingProgress;
  #deadline: number;

  constructor(socket: WireSocket, host: ConnectionHost) {
    this.wire = new SocketWire(socket);
    this.#host = host;
    this.#heads = new HeadReader(host.scheme);
    this.#progress = new ReadingProgress(host.tick);
    this.#deadline = host.tick + host.deadlines.head;
  }

  awaitBody(): void {
    this.#await("body");
  }

  /** `null` where the socket had closed before this was first read. */
  get peer(): SocketAddress | null {
    this.#peer ??= this.wire.peer;
    return this.#peer;
  }
  get hasEarly(): boolean {
    return !this.#early.isEmpty;
  }

  received(bytes: Buffer): void {
    switch (this.#state) {
      case "idle":
        // a client that does not read its answers gets no further ones
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

  /** The client has sent FIN. One that does so while it waits for an answer is taken to have left: real clients do not half-close. */
  ended(): void {
    if (this.#state === "idle" && this.wire.bufferedBytes > 0) return this.#finish();
    if (this.#state === "idle") return this.#close();
    // it may still be reading the last answer, part of which can be in the kernel's buffers
    if (this.wire.isSendingLast) return;
    return this.#state === "lingering" ? this.#close() : this.terminate();
  }

  /** The socket has closed, on either side's initiative. */
  lost(): void {
    if (this.#state === "closed") return;
    const wasAnswering = this.#state === "answering";
    this.#state = "closed";
    this.#early.set(null);
    this.wire.closed();
    if (wasAnswering)
      this.#exchange?.abandon(new CartwayError("request_timeout", { internal: "the client left" }));
    this.#host.closed(this);
  }

  terminate(): void {
    this.wire.terminate();
    this.lost();
  }

  /** Stops serving further requests; closes at once when idle. */
  drain(): void {
    if (this.#state === "idle" && !this.#heads.hasBegun && this.wire.bufferedBytes === 0) this.#close();
  }

  /** Refuses the connection because of a limit: with a 503 to its first request, or silently. */
  turnAway(isSilent: boolean): void {
    this.#isTurnedAway = true;
    if (isSilent) this.#cut("turned-away");
  }

  /** Called a few times a second until the connection is upgraded; enforces the deadlines. */
  sweep(): void {
    const { tick, deadlines } = this.#host;
    if (this.#progress.isStalled(this.wire, tick, deadlines.stall)) return this.#cut("stalled");
    if (this.#isBodyTooSlow()) return this.#refuse(new CartwayError("request_timeout"), "late-body");
    if (tick < this.#deadline) return;
    // a client that is still reading the last answer is not idle yet
    if (this.#state === "idle" && this.wire.bufferedBytes > 0) return this.#await("idle");
    // a client that is being answered need not send the rest of its body (RFC 9112, section 9.5)
    if (this.#exchange?.hasAnswerBegun === true) return;
    if (this.#state === "answering") return this.#refuse(new CartwayError("request_timeout"), "late-body");
    if (this.#heads.hasBegun) this.#host.noted("late-head");
    this.#close();
  }

  #isBodyTooSlow(): boolean {
    const { bodyQuota } = this.#host;
    return bodyQuota !== null && this.#state === "answering" && this.#exchange?.isTooSlow(bodyQuota) === true;
  }

  /** Hands the connection to another protocol, which answers the request itself. False where it can no longer be upgraded. */
  takeOver(request: WireRequest, open: (wire: Wire) => Takeover): boolean {
    if (this.#exchange?.isOf(request) !== true || this.#exchange.hasAnswerBegun) return false;
    // the rest of the body would be read as the other protocol's bytes (RFC 9110, section 7.8)
    if (!this.#exchange.isBodyComplete) return false;
    this.#state = "taken";
    this.#exchange.end();
    this.#exchange = null;
    // from here on only the new protocol pauses reading
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
    const mayMoreArrive = !this.#early.isEmpty || this.#exchange?.mayClientSend === true;
    this.#exchange?.end();
    if (closes) {
      if (mayMoreArrive || this.wire.bufferedBytes > 0) this.#finish();
      else this.#close();
      return;
    }
    this.#state = "idle";
    this.#isHead = false;
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

  /** Parses and dispatches requests until one is in progress or more bytes are needed. */
  #advance(bytes: Buffer): void {
    let input: Buffer | null = bytes;
    this.#isAdvancing = true;
    while (input !== null) {
      const hadBegun = this.#heads.hasBegun;
      try {
        const head = this.#heads.read(input);
        if (head !== null) this.#begin(head, this.#heads.takeRest());
        else if (!hadBegun && this.#heads.hasBegun) this.#await("head");
      } catch (thrown) {
        this.#isHead ||= this.#heads.isHeadRefused;
        this.#refuse(thrown, "refused");
      }
      input = this.#takeEarly();
    }
    this.#isAdvancing = false;
  }

  #begin(head: RequestHead, rest: Buffer | null): void {
    this.#isHead = head.method === "HEAD";
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

  /** @returns false where the bytes are not a valid body, and the request was refused. */
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

  /** Takes buffered input, unless earlier answers have not been written yet. */
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

  /** Answers with an error, and closes. */
  #refuse(thrown: unknown, trouble: Trouble): void {
    if (this.#exchange?.hasAnswerBegun === true) return this.#cut(trouble);
    this.#host.noted(trouble);
    this.#exchange?.abandon(thrown);
    this.#state = "lingering";
    const way = { wire: this.wire, turn: this.#host.turn, ended: () => this.#finish() };
    const sending = { ...way, isHead: this.#isHead, isHttp11: true, closes: true, isHeld: false };
    if (sendAnswer(wireOf(this.#host.answerError(thrown, null)), sending) === null) this.#finish();
  }

  /** The last answer is written: closes, lingering where the client may still send. */
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

  /** Closes with no unread input, which would cause a reset. */
  #close(): void {
    this.wire.close();
    this.lost();
  }

  #cut(trouble: Trouble): void {
    this.#host.noted(trouble);
    this.terminate();
  }
}
