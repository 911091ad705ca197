import type { TLSSocket } from "node:tls";

const sweepEveryMs = 500;

/**
 * The connections of a TLS front. One whose client takes nothing of what waits for it is let go after a while: whoever writes to it sees
 * only that it takes no more, and may have written its last long before. (Bun's `setTimeout` of such a socket does not fire.)
 */
export class FrontSockets {
  readonly #stallMs: number;
  readonly #onStall: () => void;
  readonly #open = new Map<TLSSocket, Progress>();
  #timer: NodeJS.Timeout | null = null;

  /** @param onStall told of each that is let go. */
  constructor(stallMs: number, onStall: () => void) {
    this.#stallMs = stallMs;
    this.#onStall = onStall;
  }

  add(socket: TLSSocket): void {
    this.#open.set(socket, { taken: 0, takenAt: performance.now(), stallMs: this.#stallMs });
    socket.once("close", () => this.#open.delete(socket));
    this.#timer ??= this.#start();
  }

  /** Waits no longer than that for the client of this one. */
  hurry(socket: TLSSocket, ms: number): void {
    const progress = this.#open.get(socket);
    if (progress !== undefined) progress.stallMs = Math.min(progress.stallMs, ms);
  }

  destroy(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #start(): NodeJS.Timeout {
    const timer = setInterval(() => this.#sweep(performance.now()), sweepEveryMs);
    timer.unref();
    return timer;
  }

  /** Ends with the last connection. */
  #sweep(now: number): void {
    for (const [socket, progress] of this.#open) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== progress.taken) {
        progress.taken = taken;
        progress.takenAt = now;
      } else if (now - progress.takenAt >= progress.stallMs) {
        this.#onStall();
        socket.destroy();
      }
    }
    if (this.#open.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

interface Progress {
  /** Bytes that the kernel had when it was last looked at. */
  taken: number;
  /** `performance.now()` when that changed, or nothing waited. */
  takenAt: number;
  stallMs: number;
}
