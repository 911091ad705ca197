import { PeakEwma } from "../balancing/peak-ewma.ts";

/** What is learned about one target, kept across reloads and shared by every service built from the same config entry. */
export class TargetStanding {
  /** Address and transport settings: a different key is a different target, whatever its id. */
  readonly key: string;
  /** Its requests in flight, of any service. */
  inFlight = 0;
  /** Set while the target is unusable. */
  isOut = false;
  /** When it came, or came back, to a service that was at work; `null` for those that a service began with. */
  freshSince: number | null;
  #latency: { readonly decayMs: number; readonly average: PeakEwma } | null = null;

  constructor(key: string, freshSince: number | null = null) {
    this.key = key;
    this.freshSince = freshSince;
  }

  /** Its average latency. Restarts if the averaging changes. */
  latency(decayMs: number): PeakEwma {
    if (this.#latency?.decayMs !== decayMs) this.#latency = { decayMs, average: new PeakEwma(decayMs) };
    return this.#latency.average;
  }
}
