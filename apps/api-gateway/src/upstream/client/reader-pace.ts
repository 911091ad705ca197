import type { UpstreamFailureKind } from "../../model/upstream/upstream.ts";

/** No target gives up on a reader for being held back as shortly. */
const shortMs = 100;

/** Whether the reader of an answer or its target sets the pace. */
export class ReaderPace {
  readonly #openedAt = performance.now();
  #heldSince = 0;
  #isHeldBack = false;
  #heldBackMs = 0;

  /** The reader has enough for now. */
  hold(): void {
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    this.#heldSince = performance.now();
  }

  /** The reader wants more. */
  release(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#heldBackMs += performance.now() - this.#heldSince;
  }

  /**
   * The kind of a failure of the answer: targets close the connection of a reader that is too slow for them, so where it has held the answer
   * back for most of the time, a broken connection is not the target's failure.
   */
  judge(kind: UpstreamFailureKind): UpstreamFailureKind {
    const now = performance.now();
    const heldBackMs = this.#heldBackMs + (this.#isHeldBack ? now - this.#heldSince : 0);
    const isReaderSlower = heldBackMs > Math.max(shortMs, (now - this.#openedAt) / 2);
    return kind === "reset" && isReaderSlower ? "aborted" : kind;
  }
}
