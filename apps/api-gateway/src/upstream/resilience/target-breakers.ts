import type { CircuitBreaker, Clock } from "@libs/resilience";
import { later } from "../later.ts";
import type { BreakerSettings } from "./breaker-schema.ts";
import { createBreaker } from "./create-breaker.ts";

export interface TargetBreakersParts {
  readonly clock: Clock;
  readonly changed: (targetId: string, state: "closed" | "open" | "half-open") => void;
  /** Called when what may be picked has changed. */
  readonly refresh: () => void;
}

/** A breaker for each target. One that has been open for its time is put back among those that may be picked, for its probes. */
export class TargetBreakers {
  readonly #settings: BreakerSettings;
  readonly #parts: TargetBreakersParts;
  readonly #cancels = new Map<CircuitBreaker, () => void>();

  constructor(settings: BreakerSettings, parts: TargetBreakersParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  create(targetId: string): CircuitBreaker {
    const { clock, changed, refresh } = this.#parts;
    const breaker = createBreaker(this.#settings, {
      clock,
      changed: (state) => {
        changed(targetId, state);
        if (state === "open") this.#returnLater(breaker);
        refresh();
      },
    });
    return breaker;
  }

  dispose(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  #returnLater(breaker: CircuitBreaker): void {
    this.#cancels.get(breaker)?.();
    // A millisecond more: timers may be early by a fraction of one, and the breaker would still refuse.
    const cancel = later(this.#parts.clock, breaker.retryAfterMs() + 1, () => {
      this.#cancels.delete(breaker);
      this.#parts.refresh();
    });
    this.#cancels.set(breaker, cancel);
  }
}
