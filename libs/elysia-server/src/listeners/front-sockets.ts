import type { TLSSocket } from "node:tls";

const sweepEveryMs = 500;

/**
 * The connections of a TLS front. Closes those whose client reads nothing of what waits for it: the writer cannot tell, because it may
 * have written its last byte long before. (Bun's `setTimeout` does not fire on such a socket.)
 */
export class FrontSockets {
  readonly #stallMs: number;
  readonly #onStall: () => void;
  readonly #open = new Map<TLSSocket, Progress>();
  #timer: NodeJS.Timeout | null = null;

  /** @param onStall called for each connection that is closed. */
  constructor(stallMs: number, onStall: () => void) {
    this.#stallMs = stallMs;
    this.#onStall = onStall;
  }

  add(socket: TLSSocket): void {
    this.#open.set(socket, { taken: 0, takenAt: performance.now(), stallMs: this.#stallMs });
    socket.once("close", () => this.#open.delete(socket));
    this.#timer ??= this.#start();
  }

  /** Shortens the limit of one connection. */
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

  /** Runs while connections are open. */
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
  /** Bytes that the kernel had accepted at the last check. */
  taken: number;
  /** The `performance.now()` of the last progress, or of the last check without waiting bytes. */
  takenAt: number;
  stallMs: number;
}
