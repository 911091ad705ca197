import type { UpstreamFailureKind } from "../../model/upstream.ts";

/** `aborted` where it was the request's own body that did not come. */
type LateKind = Extract<UpstreamFailureKind, "first-byte-timeout" | "idle-timeout" | "aborted">;

/** Bites when what is waited for does not come in time. One wait at a time: a new one takes the place of the last. */
export class Watchdog {
  readonly #bite: (kind: LateKind) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(bite: (kind: LateKind) => void) {
    this.#bite = bite;
  }

  await(kind: LateKind, ms: number): void {
    this.rest();
    this.#timer = setTimeout(this.#bite, ms, kind);
  }

  rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
