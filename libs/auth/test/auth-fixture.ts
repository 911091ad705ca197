import { InProcessLimiter } from "@libs/rate-limit";
import { createManualClock, type ManualClock } from "@libs/testing";
import { authDefaults } from "../src/auth-defaults.ts";
import { type Auth, type AuthConfig, createAuth } from "../src/create-auth.ts";
import type { SecurityEvent } from "../src/security-event.ts";
import type { Sql } from "@libs/database";
import type { FirstAdmin } from "../src/users/first-admin.ts";

/** Hashes in a millisecond: session tests need not wait for argon2. */
export const quickPasswords = { memoryKib: 1024, passes: 1, concurrencyMax: 2, waitingMax: 64 };

export interface AuthFixture {
  readonly auth: Auth;
  readonly clock: ManualClock;
  readonly events: SecurityEvent[];
  readonly errors: unknown[];
  readonly firstAdmins: FirstAdmin[];
}

/** An instance on the given database, not yet started. */
export function createAuthFixture(
  sql: Sql,
  changes: Partial<AuthConfig> = {},
  clock: ManualClock = createManualClock(),
): AuthFixture {
  const events: SecurityEvent[] = [];
  const errors: unknown[] = [];
  const firstAdmins: FirstAdmin[] = [];
  const auth = createAuth(
    {
      ...authDefaults,
      passwords: quickPasswords,
      firstAdmin: { email: "admin@shop.test", password: "correct horse battery" },
      ...changes,
    },
    {
      sql,
      now: clock.now,
      createLimiter: (_, rates) => new InProcessLimiter({ rates, keysMax: 1000, monotonicNow: clock.now }),
      report: (event) => events.push(event),
      onError: (error) => errors.push(error),
      onFirstAdmin: (admin) => firstAdmins.push(admin),
    },
  );
  return { auth, clock, events, errors, firstAdmins };
}

export const adminCredentials = { email: "admin@shop.test", password: "correct horse battery" };
export const origin = { address: "192.0.2.1", userAgent: "test" };
