import type { Turn, TurnEnd } from "@libs/http1";
import {
  type BytesSent,
  UpstreamFailure,
  type UpstreamCall,
  type UpstreamFailureKind,
  type UpstreamRequest,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream/upstream.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import { isDeadline } from "../../model/upstream/is-deadline.ts";
import { mayBeSent } from "../is-replay-safe.ts";

/** The client, as its calls see it. */
export interface CallOwner {
  /** Flushes deferred output at the end of the turn. */
  readonly turn: Turn;
  /** Sends the call again on a new connection. */
  resend(call: Call): void;
}

/** A call as connections see it: its result type does not concern them. */
export type Call = Omit<CallFor<unknown>, "ended">;

/** A request in progress: how much was sent, and who receives its result. It ends exactly once. */
export class CallFor<T> implements TurnEnd {
  startedAt: number;
  /** The `performance.now()` when writing the request began. */
  openedAt: number;
  isReused = false;
  sent: BytesSent = "none";
  isSettled = false;
  readonly #call: UpstreamCall<T>;
  readonly #owner: CallOwner;
  /** Settles with what the call makes of its end. */
  readonly ended: Promise<T>;
  #resolve: (result: MaybePromise<T>) => void = unheard;
  #reject: (thrown: unknown) => void = unheard;
  #signal: AbortSignal | null = null;
  #leave: (() => void) | null = null;
  #answer: UpstreamResponse | null = null;

  constructor(call: UpstreamCall<T>, owner: CallOwner, now: number) {
    this.startedAt = now;
    this.openedAt = now;
    this.#call = call;
    this.#owner = owner;
    // half the cost of `Promise.withResolvers`
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get target(): UpstreamTarget {
    return this.#call.target;
  }

  get request(): UpstreamRequest {
    return this.#call.request;
  }

  get timeouts(): UpstreamTimeouts {
    return this.#call.timeouts;
  }

  /**
   * Starts to watch for the client's departure. Most calls are answered before this is worthwhile: creating a request's signal is among
   * the most expensive operations of a request.
   * @param onAbort is told whether the request's time is up; otherwise its client has left.
   */
  watch(onAbort: (isLate: boolean) => void): void {
    const { abortable } = this.#call;
    const leave = (): void => onAbort(isDeadline(abortable));
    this.#signal = abortable.signal;
    if (this.#signal.aborted) return leave();
    this.#leave = leave;
    this.#signal.addEventListener("abort", leave, { once: true });
  }

  get isWatched(): boolean {
    return this.#signal !== null;
  }

  unwatch(): void {
    if (this.#leave !== null) this.#signal?.removeEventListener("abort", this.#leave);
    this.#leave = null;
    this.#signal = null;
  }

  answer(response: UpstreamResponse): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#answer = response;
    this.#owner.turn.defer(this);
  }

  endTurn(): void {
    const answer = this.#answer;
    if (answer === null) return;
    try {
      this.#resolve(this.#call.answered(answer));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }

  /**
   * Whether it can be sent again if its connection turns out to be stale: a target may close an idle connection just as it is reused.
   */
  get isRepeatable(): boolean {
    return this.isReused && mayBeSent(this.request, this.sent === "none");
  }

  /** Silently sends the call again, on a new connection. */
  repeat(): void {
    this.unwatch();
    this.isReused = false;
    this.sent = "none";
    this.startedAt = performance.now();
    this.#owner.resend(this);
  }

  fail(kind: UpstreamFailureKind, message: string, cause?: unknown): void {
    if (this.isSettled) return;
    if (kind === "reset" && this.isRepeatable) return this.repeat();
    this.unwatch();
    const failure = new UpstreamFailure(kind, this.sent, `${this.target.id}: ${message}`, cause);
    this.isSettled = true;
    try {
      this.#resolve(this.#call.failed(failure));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }
}

/** Until the promise is there. */
const unheard = (): void => undefined;
