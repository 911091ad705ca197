import { FallbackSocket } from "./fallback-socket.ts";

export interface PollAnswer {
  /** JSON texts of frames, in order. */
  readonly frames: readonly string[];
  /** Set once the connection is closed. */
  readonly closed: { readonly code: number; readonly reason: string } | null;
}

/** Queues frames for the next poll; a poll without frames waits for one. */
export class PollSocket extends FallbackSocket {
  #frames: string[] = [];
  #bytes = 0;
  #closed: PollAnswer["closed"] = null;
  #waiting: (() => void) | null = null;
  /** `performance.now()` of the last poll's end, or of the beginning. */
  #seenAt = performance.now();

  send(text: string): number {
    if (this.#closed !== null) return 0;
    this.#frames.push(text);
    this.#bytes += text.length;
    this.#waiting?.();
    return this.#waiting === null ? -1 : text.length;
  }

  getBufferedAmount(): number {
    return this.#bytes;
  }

  /** Whether the last poll is so long ago that the client must be gone. */
  isAbandoned(idleMs: number): boolean {
    return this.#waiting === null && performance.now() - this.#seenAt > idleMs;
  }

  /** Returns the frames since the last poll; waits for one if there is none. A second poll ends the first. */
  async poll(waitMs: number, signal: AbortSignal): Promise<PollAnswer> {
    this.#waiting?.();
    if (this.#frames.length === 0 && this.#closed === null) await this.#wait(waitMs, signal);
    this.#seenAt = performance.now();
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    return { frames, closed: this.#closed };
  }

  protected finish(code: number, reason: string): void {
    this.#closed = { code, reason };
    this.#waiting?.();
  }

  async #wait(waitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#waiting = resolve;
    await promise;
    clearTimeout(timer);
    if (this.#waiting === resolve) this.#waiting = null;
  }
}
