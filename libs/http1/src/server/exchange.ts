import { discard } from "../answer/discard.ts";
import { sendAnswer, wireOf } from "../answer/send-answer.ts";
import type { StreamedAnswer } from "../answer/streamed-answer.ts";
import { saysClose } from "../answer/write-answer-head.ts";
import { type BodySource, IncomingBody } from "../request/incoming-body.ts";
import type { RequestHead } from "../request/parse-request-head.ts";
import { type RequestOrigin, WireRequest } from "../request/wire-request.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { Answer } from "../to-response.ts";
import type { ConnectionHost } from "./host.ts";

/** The connection that an exchange is on. */
export interface ExchangeOwner extends RequestOrigin {
  readonly wire: SocketWire;
  /** Another request has come already. */
  readonly hasEarly: boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** A body was asked for: its client has as long for it as between two parts of one. */
  awaitBody(): void;
  /** Sends what was held once the turn ends. */
  hold(): void;
  /** The answer is with the kernel or waits for it. @param closes it was the last. */
  answered(closes: boolean): void;
  /** The answer broke off: its client MUST see that. */
  broken(): void;
}

const continueLine = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

/** The request of a connection that is under way, and its answer. One object serves all requests of a connection, one at a time. */
export class Exchange implements BodySource {
  readonly #owner: ExchangeOwner;
  readonly #host: ConnectionHost;
  #request: WireRequest | null = null;
  #head: RequestHead | null = null;
  #body: IncomingBody | null = null;
  #stream: StreamedAnswer | null = null;
  #closes = false;
  #isContinueDue = false;
  readonly #onAnswer = (answer: Answer | undefined): void => this.#settle(answer);
  readonly #onFailure = (thrown: unknown): void => this.#settle(this.#answerError(thrown));

  constructor(owner: ExchangeOwner, host: ConnectionHost) {
    this.#owner = owner;
    this.#host = host;
  }

  get hasAnswerBegun(): boolean {
    return this.#stream !== null;
  }

  /** Bytes of the body are awaited of its client, which was asked for them where it wants to be, and is read for them. */
  get awaitsBody(): boolean {
    return !this.isBodyComplete && !this.#isContinueDue && this.#body?.isPaused === false;
  }

  get isBodyComplete(): boolean {
    return this.#body === null || this.#body.isComplete;
  }

  isOf(request: WireRequest): boolean {
    return this.#request === request;
  }

  /** @throws CartwayError `payload_too_large` */
  begin(head: RequestHead): void {
    const { bodyBytes } = head;
    this.#body = bodyBytes === 0 ? null : new IncomingBody(this, bodyBytes, this.#host.bodyBytesMax);
    this.#request = new WireRequest(head, this.#body, this.#owner);
    this.#head = head;
    this.#closes = !head.keepsAlive;
    this.#isContinueDue = head.expectsContinue;
    this.#host.requestBegan();
  }

  /** @returns where the body ended in `bytes`, or their length. @throws CartwayError where they cannot be a body. */
  feed(bytes: Buffer): number {
    // Who sends it unasked needs no asking (RFC 9110, section 10.1.1).
    if (bytes.length > 0) this.#isContinueDue = false;
    return this.#body === null ? 0 : this.#body.push(bytes, 0);
  }

  /** Has the request answered. */
  dispatch(): void {
    if (this.#request === null) return;
    let answer: ReturnType<ConnectionHost["handle"]>;
    try {
      answer = this.#host.handle(this.#request);
    } catch (thrown) {
      return this.#settle(this.#answerError(thrown));
    }
    if (answer instanceof Promise) answer.then(this.#onAnswer, this.#onFailure);
    else this.#settle(answer);
  }

  drained(): void {
    this.#stream?.drained();
  }

  pauseReading(): void {
    this.#owner.pauseReading();
  }

  resumeReading(): void {
    this.#owner.resumeReading();
  }

  bodyWanted(): void {
    if (!this.#isContinueDue) return;
    this.#isContinueDue = false;
    this.#owner.wire.write(continueLine);
    this.#owner.awaitBody();
  }

  /** Its client left, or sends what cannot be read. */
  abandon(reason: unknown): void {
    this.#request?.leave();
    this.#body?.fail(reason);
    this.#stream?.cancel();
    this.end();
  }

  end(): void {
    if (this.#request === null) return;
    this.#request.origin = null;
    this.#request = null;
    this.#head = null;
    this.#body = null;
    this.#stream = null;
    this.#host.requestEnded();
  }

  #settle(answer: Answer | undefined): void {
    // Its client has left, or the connection was taken over.
    if (this.#request === null || this.#stream !== null) return discard(answer);
    const given = answer ?? this.#answerError(new Error("the request was not answered"));
    try {
      this.#send(given);
    } catch (thrown) {
      discard(given);
      this.#send(this.#answerError(thrown));
    }
  }

  #answerError(thrown: unknown): Answer {
    return this.#host.answerError(thrown, this.#request);
  }

  #send(answer: Answer): void {
    const owner = this.#owner;
    const given = wireOf(answer);
    if (!this.isBodyComplete || this.#host.isDraining || saysClose(given.fields)) this.#closes = true;
    // Only the end of the connection tells such a client where the body ends.
    if (
      this.#head?.isHttp11 === false &&
      given.body instanceof ReadableStream &&
      given.contentLength === null
    )
      this.#closes = true;
    this.#isContinueDue = false;
    const isHeld = owner.hasEarly && !this.#closes;
    this.#stream = sendAnswer(given, {
      wire: owner.wire,
      turn: this.#host.turn,
      isHead: this.#request?.method === "HEAD",
      isHttp11: this.#head?.isHttp11 ?? true,
      closes: this.#closes,
      isHeld,
      ended: this.#onEnd,
    });
    if (this.#stream !== null) return;
    if (isHeld) owner.hold();
    this.#sent();
  }

  readonly #onEnd = (failure: Error | null): void => {
    if (failure === null) this.#sent();
    else this.#owner.broken();
  };

  #sent(): void {
    this.#body?.release();
    this.#owner.answered(this.#closes);
  }
}
