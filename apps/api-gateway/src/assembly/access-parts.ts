import type { Auth } from "@libs/auth";
import type { Logger, Metrics } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { Redis } from "ioredis";
import type { createPlatformRoutes } from "../auth/platform-routes.ts";
import type { SignInConfig } from "../auth/sign-in/schema.ts";
import { resolveSecret } from "../config/secrets.ts";
import { IdentityPool } from "../identity/identity-pool.ts";
import type { DeviceSessionDirectory } from "../model/identity/device-sessions.ts";
import type { ServiceCaller } from "../model/upstream/service-caller.ts";
import type { LastingPolicyDeps } from "../policies/policy-deps.ts";
import { CanaryBoard } from "../policies/canary/canary-board.ts";
import { CachePool } from "../policies/cache/cache-pool.ts";
import { QueuePool } from "../policies/queue/queue-pool.ts";
import { loginLimiters } from "../policies/rate-limit/login-limiters.ts";
import { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import { createSecurityEvents } from "../telemetry/security-events.ts";

export interface AccessPartsDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly auth?: Auth;
  readonly devices?: DeviceSessionDirectory;
  /** Calls services of the current snapshot. */
  readonly services: () => ServiceCaller;
  readonly redis?: Redis | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A monotonic clock in milliseconds, for limits; `performance.now` by default. */
  readonly monotonicNow?: () => number;
  /** From the current snapshot. */
  readonly signInConfig: () => SignInConfig | null;
}

export interface AccessParts {
  readonly policyDeps: Pick<
    LastingPolicyDeps,
    "limiters" | "queues" | "caches" | "canaries" | "securityEvents" | "readSecret"
  >;
  readonly identityPool: IdentityPool;
  readonly routes: readonly AnyElysia[];
  /** Stores the client's address for endpoints served by Elysia, which cannot see it. */
  noteAddress(request: Request, address: string): void;
  /** `""` where it was not stored. */
  addressOf(request: Request): string;
}

/** The parts of authentication and limits that all snapshots share. */
export function createAccessParts(deps: AccessPartsDeps, now: () => number): AccessParts {
  const { logger, metrics, auth } = deps;
  const { monotonicNow = () => performance.now() } = deps;
  const env = deps.env ?? {};
  const addresses = new WeakMap<Request, string>();
  const securityEvents = createSecurityEvents({ logger, metrics, monotonicNow });
  const limiters = new LimiterPool({ redis: deps.redis ?? null, monotonicNow, logger, metrics });
  const caches = new CachePool({ redis: deps.redis ?? null, now, logger, metrics });
  const readSecret: LastingPolicyDeps["readSecret"] = (reference) => resolveSecret(reference, { env });
  const clientIp = (request: Request): string => addresses.get(request) ?? "";
  const failures = metrics.counter({
    name: "cartway_identity_failures_total",
    help: "Times that an identity server could not be asked.",
    labels: ["identity"],
  });
  const answers = metrics.counter({
    name: "cartway_identity_answers_total",
    help: "Callers that identities which ask a server knew, by where from: asked, memory, stale.",
    labels: ["identity", "from"],
  });
  const identityPool = new IdentityPool({
    auth: auth ?? null,
    devices: deps.devices ?? null,
    services: deps.services,
    createLimiter: loginLimiters(limiters, (deps.redis ?? null) !== null),
    now,
    fetch,
    readSecret,
    onAnswer: (identity, from) => answers.with({ identity, from }).inc(),
    onFailure(identity, error) {
      failures.with({ identity }).inc();
      logger.error({ err: error, identity }, "an identity server is unavailable");
    },
  });
  return {
    policyDeps: {
      limiters,
      queues: new QueuePool(),
      caches,
      canaries: new CanaryBoard(),
      securityEvents,
      readSecret,
    },
    identityPool,
    routes: auth === undefined ? [] : loadAuthRoutes(auth, { ...deps, readSecret, clientIp, securityEvents }),
    noteAddress: (request, address) => void addresses.set(request, address),
    addressOf: clientIp,
  };
}

const loadAuthRoutes: typeof createPlatformRoutes = (auth, deps) => {
  const {
    createPlatformRoutes,
  }: typeof import("../auth/platform-routes.ts") = require("../auth/platform-routes.ts");
  return createPlatformRoutes(auth, deps);
};
