import type { CircuitBreaker, Clock } from "@libs/resilience";
import { schedule } from "../schedule.ts";
import { TargetMemory } from "../standing/target-memory.ts";
import type { BreakerSettings } from "./breaker-schema.ts";
import { createBreaker } from "./create-breaker.ts";

export interface TargetBreakersParts {
  readonly clock: Clock;
  readonly changed: (targetId: string, state: "closed" | "open" | "half-open") => void;
}

/** A breaker for each target, shared by all pools that contain it. After its open time the target can be picked again, for probes. */
export class TargetBreakers {
  readonly #settings: BreakerSettings;
  readonly #parts: TargetBreakersParts;
  readonly #memory = new TargetMemory<CircuitBreaker>();
  readonly #cancels = new Map<CircuitBreaker, () => void>();
  readonly #followers = new Set<() => void>();

  constructor(settings: BreakerSettings, parts: TargetBreakersParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** @param refresh called when what may be picked has changed, until the result is called. */
  follow(refresh: () => void): () => void {
    this.#followers.add(refresh);
    return () => this.#followers.delete(refresh);
  }

  /** MUST be given back by one `leave` of that key. */
  enter(key: string, targetId: string): CircuitBreaker {
    return this.#memory.enter(key, () => this.#create(targetId));
  }

  leave(key: string): void {
    this.#memory.leave(key);
  }

  dispose(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  #create(targetId: string): CircuitBreaker {
    const breaker = createBreaker(this.#settings, {
      clock: this.#parts.clock,
      changed: (state) => {
        this.#parts.changed(targetId, state);
        if (state === "open") this.#returnLater(breaker);
        this.#refresh();
      },
    });
    return breaker;
  }

  #returnLater(breaker: CircuitBreaker): void {
    this.#cancels.get(breaker)?.();
    // A millisecond more: timers may be early by a fraction of one, and the breaker would still refuse.
    const cancel = schedule(this.#parts.clock, breaker.retryAfterMs() + 1, () => {
      this.#cancels.delete(breaker);
      this.#refresh();
    });
    this.#cancels.set(breaker, cancel);
  }

  #refresh(): void {
    for (const refresh of this.#followers) refresh();
  }
}
