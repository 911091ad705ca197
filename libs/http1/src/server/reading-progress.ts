import type { SocketWire } from "../socket-wire.ts";

/** Whether a client still reads what it is sent. To be polled. */
export class ReadingProgress {
  /** When progress was last seen, or nothing was waiting, and how much had been accepted by then. */
  #at: number;
  #takenBytes = 0;

  /** @param now when nothing was waiting yet. */
  constructor(now: number) {
    this.#at = now;
  }

  /** Whether bytes have been waiting for `longest` without any progress. */
  isStalled({ bufferedBytes, takenBytes }: SocketWire, now: number, longest: number): boolean {
    if (bufferedBytes > 0 && takenBytes === this.#takenBytes) return now - this.#at >= longest;
    this.#takenBytes = takenBytes;
    this.#at = now;
    return false;
  }
}
