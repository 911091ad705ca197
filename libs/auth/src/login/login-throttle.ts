import { ipKey } from "@libs/ip";
import type { Rate, RateLimiter, RateState } from "@libs/rate-limit";
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

/** Whose tries: an account's, an address's, or an account's from an address. */
export interface Tries {
  readonly email: string | null;
  readonly address: string | null;
}

export interface TriesLeft extends RateState {
  /** `account`, `address`, or `pair` for both together. */
  readonly of: keyof LoginThrottleRates;
}

/**
 * Slows guessing down per account and per address. A try is taken before the password is looked at, for known and unknown
 * accounts alike, so that parallel tries get no further and nothing is learnt from being throttled. Accounts are known by
 * their digest only, IPv6 addresses by their /64, of which every host has all.
 */
export class LoginThrottle {
  readonly #limiters: Readonly<Record<keyof LoginThrottleRates, RateLimiter>>;

  readonly #onError: (error: unknown) => void;

  /** @param onError told of tries that could not be given back after a success. */
  constructor(
    createLimiter: CreateLimiter,
    onError: (error: unknown) => void,
    rates: LoginThrottleRates = defaultLoginRates,
  ) {
    this.#onError = onError;
    this.#limiters = {
      pair: createLimiter("login-pair", [rates.pair]),
      account: createLimiter("login-account", [rates.account]),
      address: createLimiter("login-address", [rates.address]),
    };
  }

  async take(email: string, address: string): Promise<ThrottleVerdict> {
    // one after the other: who is stopped by the address must not wear down somebody's account
    for (const { limiter, key } of this.#buckets({ email, address })) {
      const { allowed, retryAfterMs } = await limiter.take(key, 1);
      if (allowed) continue;
      return { allowed, retryAfterSeconds: Math.ceil(Math.min(retryAfterMs, 86_400_000) / 1000) };
    }
    return { allowed: true };
  }

  /**
   * The right password was given: this account may start anew. The address may not: its own account must not buy it more tries on
   * others. Never rejects: who has the password logs in whether or not the store of tries is there.
   */
  async succeed(email: string, address: string): Promise<void> {
    for (const { of, limiter, key } of this.#buckets({ email, address }))
      if (of !== "address") await Promise.resolve(limiter.reset(key)).catch(this.#onError);
  }

  /** What is left of every bucket that these tries are counted in. Nothing is taken. */
  async inspect(tries: Tries): Promise<readonly TriesLeft[]> {
    const looked = this.#buckets(tries).map(async ({ of, limiter, key }) => {
      const { states } = await limiter.take(key, 0);
      return states.map((state) => ({ of, ...state }));
    });
    return (await Promise.all(looked)).flat();
  }

  /** Makes those buckets full. Rejects where it could not be done. */
  async reset(tries: Tries): Promise<void> {
    for (const { limiter, key } of this.#buckets(tries)) await limiter.reset(key);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#limiters).map((limiter) => limiter.close()));
  }

  /** The address's first. */
  #buckets({ email, address }: Tries) {
    const account = email === null ? null : digestOf(emailKey(email));
    const place = address === null ? null : ipKey(address);
    const keys = [
      { of: "address", key: place },
      { of: "pair", key: account === null || place === null ? null : `${account} ${place}` },
      { of: "account", key: account },
    ] as const;
    return keys.flatMap(({ of, key }) => (key === null ? [] : [{ of, key, limiter: this.#limiters[of] }]));
  }
}
