import { ipKey } from "@libs/ip";
import type { Rate, RateLimiter, RateState } from "@libs/rate-limit";
import { digestOf } from "../token/token-digest.ts";
import { emailKey } from "../users/user.ts";

/** Creates a named limiter: in process, or on Redis for several instances. */
export type CreateLimiter = (name: string, rates: readonly Rate[]) => RateLimiter;

export interface LoginThrottleRates {
  /** Attempts for one account from one address. */
  readonly pair: Rate;
  /** Attempts for one account from all addresses: bounds distributed guessing. */
  readonly account: Rate;
  /** Attempts from one address on all accounts: bounds credential stuffing. */
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

/** Identifies attempts by account, by address, or by both. */
export interface Tries {
  readonly email: string | null;
  readonly address: string | null;
}

export interface TriesLeft extends RateState {
  /** `account`, `address`, or `pair` for both together. */
  readonly of: keyof LoginThrottleRates;
}

/**
 * Limits password guessing per account and per address. An attempt is counted before the password is checked, and for unknown accounts
 * too, so that parallel attempts gain nothing and throttling does not reveal which accounts exist. Accounts are stored as digests, IPv6
 * addresses as their /64, since a host has a whole one.
 */
export class LoginThrottle {
  readonly #limiters: Readonly<Record<keyof LoginThrottleRates, RateLimiter>>;

  readonly #onError: (error: unknown) => void;

  /** @param onError receives failures to return attempts after a success. */
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
    // sequentially, address first: an attempt that the address limit stops must not count against somebody's account
    for (const { limiter, key } of this.#buckets({ email, address })) {
      const { allowed, retryAfterMs } = await limiter.take(key, 1);
      if (allowed) continue;
      return { allowed, retryAfterSeconds: Math.ceil(Math.min(retryAfterMs, 86_400_000) / 1000) };
    }
    return { allowed: true };
  }

  /**
   * Resets the account after a correct password, but not the address: an attacker's own account must not buy further attempts on others.
   * Never rejects, because a failing store must not prevent the login.
   */
  async succeed(email: string, address: string): Promise<void> {
    for (const { of, limiter, key } of this.#buckets({ email, address }))
      if (of !== "address") await Promise.resolve(limiter.reset(key)).catch(this.#onError);
  }

  /** The remaining attempts of every limit that applies; takes none. */
  async inspect(tries: Tries): Promise<readonly TriesLeft[]> {
    const looked = this.#buckets(tries).map(async ({ of, limiter, key }) => {
      const { states } = await limiter.take(key, 0);
      return states.map((state) => ({ of, ...state }));
    });
    return (await Promise.all(looked)).flat();
  }

  /** Resets these limits. Rejects where the store fails. */
  async reset(tries: Tries): Promise<void> {
    for (const { limiter, key } of this.#buckets(tries)) await limiter.reset(key);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#limiters).map((limiter) => limiter.close()));
  }

  /** The address limit comes first. */
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
