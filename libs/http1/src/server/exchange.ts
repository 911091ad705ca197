import { CartwayError } from "@libs/errors";
import { discard } from "../answer/discard.ts";
import { sendAnswer, wireOf } from "../answer/send-answer.ts";
import type { StreamedAnswer } from "../answer/streamed-answer.ts";
import { saysClose } from "../answer/write-answer-head.ts";
import { type BodySource, IncomingBody } from "../request/incoming-body.ts";
import { type RequestHead, wholeServer } from "../request/parse-request-head.ts";
import { type RequestOrigin, WireRequest } from "../request/wire-request.ts";
import type { SocketWire } from "../socket-wire.ts";
import type { Answer } from "../to-response.ts";
import { BodyPace, type BodyQuota } from "./body-pace.ts";
import { WireResponse } from "../wire-response.ts";
import type { ConnectionHost } from "./host.ts";

/** The connection as an exchange sees it. */
export interface ExchangeOwner extends RequestOrigin {
  readonly wire: SocketWire;
  /** Whether a pipelined request is already waiting. */
  readonly hasEarly: boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** The body was requested: the client's deadline for sending it starts. */
  awaitBody(): void;
  /** Flushes held answers at the end of the turn. */
  hold(): void;
  /** The answer was written to the socket. @param closes it was the last of the connection. */
  answered(closes: boolean): void;
  /** The answer broke off: the connection MUST be cut, so that the client notices. */
  broken(): void;
}

const continueLine = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

/** The current request of a connection and its answer. One object is reused for all requests of a connection. */
export class Exchange implements BodySource {
  readonly #owner: ExchangeOwner;
  readonly #host: ConnectionHost;
  #request: WireRequest | null = null;
  #body: IncomingBody | null = null;
  /** `null` where the body has not been waited for yet. */
  #pace: BodyPace | null = null;
  #stream: StreamedAnswer | null = null;
  #closes = false;
  #isLastOfClient = false;
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

  /** Whether bytes of the body are expected from the client: it was told to continue if it waits for that, and reading is not paused. */
  get awaitsBody(): boolean {
    return !this.isBodyComplete && !this.#isContinueDue && this.#body?.isPaused === false;
  }

  /** To be asked once a sweep. A client that is being answered need not send the rest of its body. */
  isTooSlow(quota: BodyQuota): boolean {
    if (this.#body === null || !this.awaitsBody || this.hasAnswerBegun) return false;
    this.#pace ??= new BodyPace();
    return this.#pace.isTooSlow(this.#body.receivedBytes, quota);
  }

  get isBodyComplete(): boolean {
    return this.#body === null || this.#body.isComplete;
  }

  /** Whether the client may send more: the rest of the body, or another request before it learns that it will not be answered. */
  get mayClientSend(): boolean {
    return !this.isBodyComplete || !this.#isLastOfClient;
  }

  isOf(request: WireRequest): boolean {
    return this.#request === request;
  }

  /** @throws CartwayError `payload_too_large` */
  begin(head: RequestHead): void {
    const { bodyBytes } = head;
    this.#body = bodyBytes === 0 ? null : new IncomingBody(this, bodyBytes, this.#host.bodyBytesMax);
    this.#request = new WireRequest(head, this.#body, this.#owner);
    this.#isLastOfClient = !head.keepsAlive;
    this.#closes = this.#isLastOfClient;
    this.#isContinueDue = head.expectsContinue;
    this.#host.requestBegan();
  }

  /** @returns where the body ended in `bytes`, or their length. @throws CartwayError for an invalid body. */
  feed(bytes: Buffer): number {
    // a client that has begun to send the body needs no `100 Continue` (RFC 9110, section 10.1.1)
    if (bytes.length > 0) this.#isContinueDue = false;
    return this.#body === null ? 0 : this.#body.push(bytes, 0);
  }

  /** Passes the request to the handler. */
  dispatch(): void {
    if (this.#request === null) return;
    // what is no path must reach no handler
    if (this.#request.target === wholeServer) return this.#settle(serverOptions);
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

  /** The client has left, or sent something that cannot be parsed. */
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
    this.#body = null;
    this.#pace = null;
    this.#stream = null;
    this.#host.requestEnded();
  }

  #settle(answer: Answer | undefined): void {
    // the client has left, or the connection was upgraded
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
    // for such a client only the end of the connection marks the end of the body
    if (
      this.#request?.isHttp11 === false &&
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
      isHttp11: this.#request?.isHttp11 ?? true,
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
    if (this.#body?.isComplete === false) dropRest(this.#body);
    this.#owner.answered(this.#closes);
  }
}

const serverOptions = new WireResponse(204, ["allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"], null);

/** The rest of the body is read and dropped: whoever still reads it would wait forever. */
function dropRest(body: IncomingBody): void {
  body.release();
  body.fail(
    new CartwayError("request_timeout", { internal: "the request was answered before its body had arrived" }),
  );
}
