import type { AuthConfig } from "./create-auth.ts";
import { defaultLoginRates } from "./login/login-throttle.ts";

const minute = 60_000;
const day = 86_400_000;

/** Default settings, to be spread and overridden. Durations in milliseconds. */
export const authDefaults: AuthConfig = {
  sessions: {
    issuer: "cartway",
    audience: "cartway",
    accessTokenMs: 10 * minute,
    sessionIdleMs: 14 * day,
    sessionLifeMaxMs: 90 * day,
    refreshGraceMs: 0,
  },
  // EdDSA verifies as fast as ES256 (50 us each with node:crypto on Bun 1.4.5; RS256 takes 16 us, but 1 ms to sign), is deterministic,
  // and has no random nonce whose failure reveals the key
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
