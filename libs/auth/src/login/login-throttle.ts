import type { Rate, RateLimiter } from "@libs/rate-limit";
import { digestOf } from "../token/token-digest.ts";
import { emailKey } from "../users/user.ts";

/** Makes the limiter that is named so: in process, or over Redis for several instances. */
export type CreateLimiter = (name: string, rates: readonly Rate[]) => RateLimiter;

export interface LoginThrottleRates {
  /** Tries of one account from one address. */
  readonly pair: Rate;
  /** Tries of one account from anywhere: bounds guessing that comes from many addresses. */
  readonly account: Rate;
  /** Tries from one address on any account: bounds trying leaked passwords. */
  readonly address: Rate;
}

export const defaultLoginRates: LoginThrottleRates = {
  pair: { name: "pair", limit: 10, windowMs: 600_000, burst: 5 },
  account: { name: "account", limit: 100, windowMs: 3_600_000, burst: 50 },
  address: { name: "address", limit: 120, windowMs: 600_000, burst: 30 },
};

export type ThrottleVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Slows guessing down per account and per address. A try is taken before the password is looked at, for known and unknown
 * accounts alike, so that parallel tries get no further and nothing is learnt from being throttled. Accounts are known by
 * their digest only.
 */
export class LoginThrottle {
  readonly #pair: RateLimiter;
  readonly #account: RateLimiter;
  readonly #address: RateLimiter;

  constructor(createLimiter: CreateLimiter, rates: LoginThrottleRates = defaultLoginRates) {
    this.#pair = createLimiter("login-pair", [rates.pair]);
    this.#account = createLimiter("login-account", [rates.account]);
    this.#address = createLimiter("login-address", [rates.address]);
  }

  async take(email: string, address: string): Promise<ThrottleVerdict> {
    const account = digestOf(emailKey(email));
    const waits: number[] = [];
    // one after the other: who is stopped by the address must not wear down somebody's account
    for (const [limiter, key] of [
      [this.#address, address],
      [this.#pair, `${account} ${address}`],
      [this.#account, account],
    ] as const) {
      const decision = await limiter.take(key, 1);
      if (!decision.allowed) {
        waits.push(decision.retryAfterMs);
        break;
      }
    }
    const [waitMs] = waits;
    if (waitMs === undefined) return { allowed: true };
    return { allowed: false, retryAfterSeconds: Math.ceil(Math.min(waitMs, 86_400_000) / 1000) };
  }

  /** The right password was given: this account may start anew. The address may not: its own account must not buy it more tries on others. */
  async succeed(email: string, address: string): Promise<void> {
    const account = digestOf(emailKey(email));
    await this.#pair.reset(`${account} ${address}`);
    await this.#account.reset(account);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pair.close(), this.#account.close(), this.#address.close()]);
  }
}
