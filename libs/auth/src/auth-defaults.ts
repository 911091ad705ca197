import type { AuthConfig } from "./create-auth.ts";
import { defaultLoginRates } from "./login/login-throttle.ts";

const minute = 60_000;
const day = 86_400_000;

/** Settings that are right for most; what differs is spread over them. Durations in milliseconds. */
export const authDefaults: AuthConfig = {
  sessions: {
    issuer: "cartway",
    audience: "cartway",
    accessTokenMs: 10 * minute,
    sessionIdleMs: 14 * day,
    sessionLifeMaxMs: 90 * day,
    refreshGraceMs: 0,
  },
  // EdDSA: verified as fast as ES256 (50 us each with node:crypto on Bun 1.4.5; RS256 16 us, but 1 ms to sign), with one
  // valid signature only for a text and no random number whose failure gives the key away
  signing: { algorithm: "EdDSA", rotationMs: 30 * day, publishAheadMs: 60 * minute, secret: null },
  passwords: { memoryKib: 19_456, passes: 2, concurrencyMax: 2, waitingMax: 64 },
  loginRates: defaultLoginRates,
  roles: {
    admin: { permissions: ["*"] },
    operator: { permissions: ["carts:read", "analytics:read", "devices:*"] },
    customer: { permissions: ["carts:write"] },
  },
  firstAdmin: { email: "admin@cartway.local", password: null },
  changes: { pollMs: 500 },
  apiKeys: { cacheMax: 100_000, staleIfErrorMs: 5 * minute },
};
