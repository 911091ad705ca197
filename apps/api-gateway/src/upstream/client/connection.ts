import { MalformedMessage, saysClose, type Turn, type TurnEnd } from "@libs/http1";
import type { Socket } from "bun";
import { bodyStoppedComing } from "../../model/http/slow-body.ts";
import {
  UpstreamFailure,
  type UpstreamFailureKind,
  type UpstreamResponse,
} from "../../model/upstream/upstream.ts";
import type { Call } from "./call.ts";
import { Outbox } from "./outbox.ts";
import type { ResponseHead } from "./parse-head.ts";
import { ResponseBody } from "./response-body.ts";
import { ResponseParser, type ResponseSink } from "./response-parser.ts";
import { sendBody } from "./send-body.ts";

/** The pool, as its connections see it. */
export interface ConnectionOwner {
  /** Flushes deferred output at the end of the turn. */
  readonly turn: Turn;
  /** The connection is available for another call. */
  freed(connection: Connection): void;
  closed(connection: Connection): void;
}

/** Answers of a known length up to this are delivered whole, which keeps their Content-Length; Bun drops it from streams. */
const wholeBodyBytesMax = 65_536;

/**
 * Younger calls are not watched for their client's departure: nearly all are answered before the next sweep, and watching is expensive.
 */
const unwatchedMs = 10;

type State = "connecting" | "idle" | "busy" | "closed";

/** A socket to a target; carries one exchange at a time. The deadline of whatever is pending is in `deadlineAt`. */
export class Connection implements ResponseSink, TurnEnd {
  /** The `performance.now()` at which the pending step fails. */
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly #owner: ConnectionOwner;
  readonly #idleMs: number;
  readonly #outbox = new Outbox();
  readonly #parser = new ResponseParser(this);
  #socket: Socket<Connection> | null = null;
  #state: State = "connecting";
  #call: Call | null;
  #head: ResponseHead | null = null;
  #headAt = 0;
  #whole: Uint8Array[] = [];
  #stream: ResponseBody | null = null;
  /** A request is deferred to the end of the turn: none of it was sent yet. */
  #isUnwritten = false;
  #isRequestSent = false;
  #isAnswerComplete = false;
  #isReusable = true;

  constructor(owner: ConnectionOwner, call: Call, idleMs: number) {
    this.#owner = owner;
    this.#call = call;
    this.#idleMs = idleMs;
    this.deadlineAt = call.startedAt + call.timeouts.connectMs;
  }

  /** Whether any certificate will do for the target. */
  get trustsAnybody(): boolean {
    return this.#call?.target.tls?.rejectUnauthorized === false;
  }

  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** The socket is connected; TLS is still to be established. */
  reached(socket: Socket<Connection>): void {
    this.#socket = socket;
    if (this.#state === "closed") socket.terminate();
  }

  /** The socket is connected, and TLS established where required. */
  opened(socket: Socket<Connection>): void {
    const call = this.#call;
    if (this.#state === "closed" || call === null) return socket.terminate();
    this.#socket = socket;
    this.#outbox.attach(socket);
    this.#begin(call, performance.now());
    this.endTurn();
  }

  /** Sends a call on an idle connection. */
  run(call: Call): void {
    this.#call = call;
    call.isReused = true;
    this.#begin(call, call.startedAt);
    this.#owner.turn.defer(this);
  }

  #begin(call: Call, now: number): void {
    this.#state = "busy";
    this.#head = null;
    this.#isAnswerComplete = false;
    this.#isReusable = !saysClose(call.request.headers.single);
    call.openedAt = now;
    this.#parser.begin(call.request.method);
    const { body } = call.request;
    this.#isRequestSent = !(body instanceof ReadableStream);
    this.deadlineAt = now + (this.#isRequestSent ? call.timeouts.firstByteMs : call.timeouts.idleMs);
    this.#isUnwritten = true;
  }

  /** Hands the deferred request to the kernel. */
  endTurn(): void {
    const call = this.#call;
    if (call === null || !this.#isUnwritten) return;
    this.#isUnwritten = false;
    try {
      this.#outbox.send(call.request);
    } catch (thrown) {
      return this.#fail("aborted", "the request cannot be written", thrown);
    }
    call.sent = this.#outbox.sent(this.#isRequestSent);
    const { body } = call.request;
    if (body instanceof ReadableStream) this.#sendStream(call, body);
  }

  #sendStream(call: Call, body: ReadableStream<Uint8Array>): void {
    const { idleMs } = call.timeouts;
    const progress = (): void => {
      call.sent = this.#outbox.sent(false);
      if (this.#head === null) this.deadlineAt = performance.now() + idleMs;
    };
    const failed = (thrown: unknown): void => {
      if (this.#call === call) this.#fail("aborted", "the body of the request broke off", thrown);
    };
    sendBody(body, call.request.contentLength, this.#outbox, progress).then(
      () => this.#requestSent(call),
      failed,
    );
  }

  #requestSent(call: Call): void {
    if (this.#call !== call) return;
    this.#isRequestSent = true;
    call.sent = "all";
    if (this.#head === null) this.deadlineAt = performance.now() + call.timeouts.firstByteMs;
    if (this.#isAnswerComplete) this.#finish();
  }

  received(bytes: Buffer): void {
    const call = this.#call;
    // unsolicited data could be taken for the answer to the next request
    if (call === null) return this.destroy();
    if (this.#isUnwritten) return this.#fail("reset", "bytes came before the request was sent");
    try {
      this.#parser.push(bytes);
    } catch (thrown) {
      if (!(thrown instanceof MalformedMessage)) throw thrown;
      return this.#fail("invalid-response", thrown.message, thrown);
    }
    if (this.#head === null) return;
    if (saysStale(this.#head) && !call.isSettled && call.isRepeatable) {
      this.destroy();
      return call.repeat();
    }
    if (!call.isSettled) this.#handOver(call, this.#head);
    if (this.#isAnswerComplete) this.#finish();
    else if (!this.#isHeldBack()) this.deadlineAt = performance.now() + call.timeouts.idleMs;
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#headAt = performance.now();
    if (!head.keepsAlive) this.#isReusable = false;
  }

  onBody(bytes: Uint8Array): void {
    if (this.#stream !== null) return this.#stream.push(bytes);
    this.#whole.push(bytes);
  }

  onComplete(isClean: boolean): void {
    this.#isAnswerComplete = true;
    if (!isClean) this.#isReusable = false;
  }

  drained(): void {
    this.#outbox.drained();
    const call = this.#call;
    if (call !== null && !call.isSettled) call.sent = this.#outbox.sent(this.#isRequestSent);
  }

  /** The target has closed its side. */
  ended(): void {
    if (this.#call === null || !this.#parser.end()) return;
    if (!this.#call.isSettled && this.#head !== null) this.#handOver(this.#call, this.#head);
    this.#finish();
  }

  lost(kind: UpstreamFailureKind, message: string, cause?: unknown): void {
    if (this.#state === "closed") return;
    if (this.#call === null) return this.destroy();
    this.#fail(this.#state === "connecting" && kind === "reset" ? "connect" : kind, message, cause);
  }

  /** Called every few milliseconds: enforces deadlines, and starts watching for clients that leave. */
  sweep(now: number): void {
    const call = this.#call;
    if (now >= this.deadlineAt) {
      if (call === null) return this.destroy();
      return this.#fail(...this.#timeout(call));
    }
    if (call === null || call.isWatched || now - call.startedAt < unwatchedMs) return;
    call.watch((isLate) => {
      if (this.#call !== call) return;
      if (isLate && this.#awaitsClient) this.#fail(...bodyMissing());
      else this.#fail("aborted", "the client left");
    });
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#call = null;
    this.#outbox.close();
    this.#socket?.terminate();
    this.#owner.closed(this);
  }

  /** The target has all that came of the request: more of its body is needed. */
  get #awaitsClient(): boolean {
    return this.#state === "busy" && this.#head === null && !this.#isRequestSent && this.#outbox.isEmpty;
  }

  #timeout(call: Call): [UpstreamFailureKind, string, Error?] {
    if (this.#state === "connecting") return ["connect-timeout", "no connection in time"];
    if (this.#awaitsClient) return bodyMissing();
    if (this.#head !== null || !this.#isRequestSent) return ["idle-timeout", "nothing moved for too long"];
    return ["first-byte-timeout", `no answer within ${call.timeouts.firstByteMs} ms`];
  }

  /** Delivers the answer: at once where it is complete, after buffering where it is small and its length known, otherwise as a stream. */
  #handOver(call: Call, head: ResponseHead): void {
    const length = head.framing.kind === "length" ? head.framing.bytes : null;
    if (!this.#isAnswerComplete && length !== null && length <= wholeBodyBytesMax) return;
    let body: UpstreamResponse["body"] = null;
    if (this.#isAnswerComplete && !hasTrailers(head)) {
      if (head.framing.kind !== "none") body = this.#takeWhole();
    } else {
      this.#stream = new ResponseBody(this, this.#socket);
      body = this.#stream.open(this.#whole);
      this.#whole = [];
    }
    call.answer({
      status: head.status,
      statusText: head.statusText,
      headers: head.headers,
      body,
      contentLength: length,
      trailers: this.#stream === null ? null : head.trailers,
      connectMs: call.isReused ? 0 : call.openedAt - call.startedAt,
      firstByteMs: this.#headAt - call.openedAt,
      reused: call.isReused,
    });
  }

  #takeWhole(): Uint8Array {
    const parts = this.#whole;
    const last = parts.pop();
    // nearly always the only one: the emptied array is kept for the next answer
    if (last !== undefined && parts.length === 0) return last;
    return Buffer.concat(last === undefined ? [] : [...parts.splice(0), last]);
  }

  /** Whether reading is paused because of a slow reader; the target then has no deadline. */
  #isHeldBack(): boolean {
    if (this.#stream?.isHeldBack !== true) return false;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    return true;
  }

  /** The reader wants more: the target's idle timeout applies again. */
  wanted(): void {
    if (this.#call !== null) this.deadlineAt = performance.now() + this.#call.timeouts.idleMs;
  }

  #finish(): void {
    const call = this.#call;
    if (call === null) return;
    this.#stream?.close();
    this.#stream = null;
    call.unwatch();
    // an answer that arrives before the request was sent completely leaves the connection in an unusable state
    if (!this.#isRequestSent || !this.#outbox.isEmpty || !this.#isReusable) return this.destroy();
    const keepAliveMs = this.#head?.keepAliveMs ?? Number.POSITIVE_INFINITY;
    // idle connections live long: anything still referenced would move to the old generation with them
    this.#head = null;
    this.#call = null;
    this.#state = "idle";
    // a second less than the target announces, so that it does not close the connection at the moment of reuse
    this.deadlineAt = this.#headAt + Math.min(this.#idleMs, Math.max(0, keepAliveMs - 1000));
    this.#owner.freed(this);
  }

  #fail(kind: UpstreamFailureKind, message: string, cause?: unknown): void {
    const call = this.#call;
    const stream = this.#stream;
    this.#stream = null;
    // a target that has begun to answer may have acted on the request, which must not be repeated silently
    if (this.#parser.hasStarted && call !== null) call.isReused = false;
    this.destroy();
    if (call === null) return;
    call.unwatch();
    if (stream === null) return call.fail(kind, message, cause);
    const text = `${call.target.id}: ${message}`;
    stream.fail(new UpstreamFailure(stream.pace.judge(kind), call.sent, text, cause));
  }
}

function bodyMissing(): [UpstreamFailureKind, string, Error] {
  return ["aborted", "the body of the request stopped coming", bodyStoppedComing()];
}

/**
 * A target that gives up an idle connection may say so (RFC 9110, section 15.5.9). On a reused connection this usually crosses a request
 * that the target has not read.
 */
function saysStale({ status, keepsAlive }: ResponseHead): boolean {
  return status === 408 && !keepsAlive;
}

function hasTrailers({ trailers }: ResponseHead): boolean {
  return trailers !== null && trailers.fields.length > 0;
}
