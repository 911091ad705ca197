import { type Auth, type AuthConfig, authDefaults, type RoleDefinitions } from "@libs/auth";
import { createAuth, migrations } from "@libs/auth/platform";
import { migratePostgreSQL, type SqlClient } from "@libs/database";
import type { Logger, Metrics } from "@libs/monitoring";
import { loginLimiters } from "../policies/rate-limit/login-limiters.ts";
import { LimiterPool, type LimiterPoolDeps } from "../policies/rate-limit/limiter-pool.ts";
import { createSecurityEvents, type SecurityEvent } from "../telemetry/security-events.ts";

export interface PlatformAuthSettings {
  /** The tokens' `iss`; shared by instances that share a database. */
  readonly issuer: string;
  /** Encrypts the signing keys in the database, at least 32 bytes; `null` stores them unencrypted. */
  readonly signingSecret: string | null;
  /** How long a used refresh token is exchanged again; 0 for never. */
  readonly refreshGraceMs: number;
  readonly firstAdmin: AuthConfig["firstAdmin"];
  readonly roles: RoleDefinitions;
}

export interface PlatformAuthDeps {
  readonly sql: SqlClient;
  /** Counts login attempts over all instances; `null` counts per process. */
  readonly redis: LimiterPoolDeps["redis"];
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** Called once in the lifetime of a database. The password MUST be shown to a person, and not stored. */
  readonly onFirstAdmin: (admin: { readonly email: string; readonly password: string }) => void;
}

/** Migrates and starts the platform's own identity provider, with its events in log and metrics. The caller stops it. */
export async function startPlatformAuth(
  settings: PlatformAuthSettings,
  deps: PlatformAuthDeps,
): Promise<Auth> {
  const { sql, redis, logger, metrics, now } = deps;
  const { issuer, signingSecret, refreshGraceMs, firstAdmin, roles } = settings;
  await migratePostgreSQL(sql, migrations);
  if (signingSecret === null)
    logger.warn("signing keys are stored unencrypted: set AUTH_SIGNING_SECRET to encrypt them");
  const monotonicNow = (): number => performance.now();
  const limiters = new LimiterPool({ redis, monotonicNow, logger, metrics });
  const securityEvents = createSecurityEvents({ logger, metrics, monotonicNow });

  const auth = createAuth(
    {
      ...authDefaults,
      sessions: { ...authDefaults.sessions, issuer, refreshGraceMs },
      signing: {
        ...authDefaults.signing,
        secret: signingSecret === null ? null : Buffer.from(signingSecret),
      },
      firstAdmin,
      roles,
    },
    {
      sql,
      now,
      createLimiter: loginLimiters(limiters, redis !== null),
      report: (event) => securityEvents.report(toSecurityEvent(event)),
      onError: (error) =>
        logger.error({ err: error }, "maintenance of users and keys failed and will be retried"),
      onFirstAdmin: deps.onFirstAdmin,
    },
  );
  await auth.start();
  return auth;
}

type AuthEvent = Parameters<Parameters<typeof createAuth>[1]["report"]>[0];

/** Accounts are identified by their digest only. */
function toSecurityEvent(event: AuthEvent): SecurityEvent {
  const common = { route: "auth", address: event.address } as const;
  switch (event.kind) {
    case "login_failed":
      return {
        ...common,
        kind: event.kind,
        reason: "invalid_credentials",
        details: { account: event.account },
      };
    case "login_throttled":
      return { ...common, kind: event.kind, reason: "rate_limited", details: { account: event.account } };
    case "sign_in_refused":
    case "refresh_rejected":
      return { ...common, kind: event.kind, reason: event.reason };
    case "refresh_reused":
      return {
        ...common,
        kind: event.kind,
        reason: "reused",
        details: { sessionId: event.sessionId, userId: event.userId },
      };
  }
}
