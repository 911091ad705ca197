import type { UpstreamFailureKind } from "../../model/upstream/upstream.ts";

/** `aborted` where the request's own body did not arrive. */
type LateKind = Extract<UpstreamFailureKind, "first-byte-timeout" | "idle-timeout" | "aborted">;

/** Fails when an awaited step takes too long. One step at a time: a new one replaces the last. */
export class Watchdog {
  readonly #onLate: (kind: LateKind) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #awaited: LateKind | null = null;

  constructor(onLate: (kind: LateKind) => void) {
    this.#onLate = onLate;
  }

  /** The step that is awaited; `null` for none. */
  get awaited(): LateKind | null {
    return this.#awaited;
  }

  start(kind: LateKind, ms: number): void {
    this.stop();
    this.#awaited = kind;
    this.#timer = setTimeout(this.#onLate, ms, kind);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#awaited = null;
  }
}
