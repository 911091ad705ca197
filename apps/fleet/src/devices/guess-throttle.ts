import { CartwayError } from "@libs/errors";
import type { Rate, RateLimiter } from "@libs/rate-limit";

/** Creates the limiter of that name: in process, or in Redis for several instances. */
export type CreateLimiter = (name: string, rates: readonly Rate[]) => RateLimiter;

export interface GuessRates {
  /** Wrong secrets for one device from one address. */
  readonly pair: Rate;
  /** Wrong secrets for one device from anywhere. */
  readonly device: Rate;
  /** Wrong codes and secrets from one address. A shop's devices share one address, so right ones cost nothing. */
  readonly address: Rate;
  /** Wrong secrets for the devices of one customer. */
  readonly customer: Rate;
}

const guessDefaults: GuessRates = {
  pair: { name: "pair", limit: 10, windowMs: 600_000, burst: 5 },
  device: { name: "device", limit: 60, windowMs: 3_600_000, burst: 30 },
  address: { name: "address", limit: 120, windowMs: 600_000, burst: 60 },
  customer: { name: "customer", limit: 2000, windowMs: 3_600_000, burst: 500 },
};

export interface Guess {
  readonly kind: keyof GuessRates;
  readonly key: string;
}

/**
 * Throttles guessing. An attempt is taken before anything is compared, so that parallel attempts gain nothing, and given back
 * if the secret was right: thousands of devices that log in after an outage of their shop do not block each other.
 */
export class GuessThrottle {
  readonly #limiters: Readonly<Record<keyof GuessRates, RateLimiter>>;

  constructor(createLimiter: CreateLimiter, rates: GuessRates = guessDefaults) {
    this.#limiters = {
      pair: createLimiter("fleet-pair", [rates.pair]),
      device: createLimiter("fleet-device", [rates.device]),
      address: createLimiter("fleet-address", [rates.address]),
      customer: createLimiter("fleet-customer", [rates.customer]),
    };
  }

  /** Takes one attempt from each, in order; stops at the first that has none left. @throws CartwayError `rate_limited` */
  async take(guesses: readonly Guess[]): Promise<void> {
    for (const { kind, key } of guesses) {
      const decision = await this.#limiters[kind].take(key, 1);
      if (!decision.allowed) {
        throw new CartwayError("rate_limited", {
          retryAfterSeconds: Math.min(decision.retryAfterMs, 86_400_000) / 1000,
        });
      }
    }
  }

  /** The secret was right: gives the attempts back. */
  async giveBack(guesses: readonly Guess[]): Promise<void> {
    for (const { kind, key } of guesses) await this.#limiters[kind].charge(key, -1);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#limiters).map((limiter) => limiter.close()));
  }
}
