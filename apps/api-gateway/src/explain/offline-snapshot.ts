import { randomBytes } from "node:crypto";
import { messageOf } from "@libs/errors";
import { createLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import type { GatewayConfig } from "../config/schema.ts";
import { resolveSecret } from "../config/secrets.ts";
import type { Identity, IdentityDeps } from "../identity/identity.ts";
import { MissingStore } from "../identity/missing-store.ts";
import { IdentityPool } from "../identity/identity-pool.ts";
import type { Authentication } from "../model/identity/authentication.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import { type UpstreamClient, UpstreamFailure } from "../model/upstream/upstream.ts";
import { buildSnapshot } from "../pipeline/build-snapshot.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { CanaryBoard } from "../policies/canary/canary-board.ts";
import { CachePool, type CacheSpec } from "../policies/cache/cache-pool.ts";
import { QueuePool } from "../policies/queue/queue-pool.ts";
import { loginLimiters } from "../policies/rate-limit/login-limiters.ts";
import { LimiterPool, type LimiterSpec, type PooledLimiter } from "../policies/rate-limit/limiter-pool.ts";
import { OwnEndpoints } from "../routing/own-endpoints.ts";
import { DiscoveryPool, type DiscoveryPoolDeps } from "../upstream/discovery-pool.ts";
import { createServicePools } from "../upstream/service-registry.ts";
import { createPolicyTallies } from "../telemetry/policy-tallies.ts";

export interface OfflineSnapshot {
  readonly snapshot: Snapshot;
  /** Differences from a running gateway. */
  readonly notes: readonly string[];
  /** Identities that a running gateway could not make either, and why; meaningless where their secrets are missing here. */
  readonly unusable: readonly UnusableIdentity[];
}

export interface UnusableIdentity {
  readonly identity: string;
  readonly reason: string;
}

/**
 * Compiles a config for explanations only: without database, Redis, health checks or requests to services. Whatever is unavailable is
 * replaced and noted; no replacement grants access.
 */
export function createOfflineSnapshot(
  config: GatewayConfig,
  env: Readonly<Record<string, string | undefined>>,
): OfflineSnapshot {
  const notes = new Set<string>();
  const unusable: UnusableIdentity[] = [];
  const logger = createLogger({ name: "explain", level: "silent" });
  const metrics = createMetrics({ service: "explain", processMetrics: false });
  const monotonicNow = (): number => performance.now();
  const readSecret = lenientSecrets(env, notes);
  const discoveryDeps = { logger, metrics, clock: systemClock, random: Math.random, readSecret };
  const parts = { redis: null, monotonicNow, logger, metrics };
  const snapshot = buildSnapshot(withoutChecks(config), {
    clients: { http1: silentClient, http2: silentClient },
    logger,
    metrics,
    policyDeps: {
      logger,
      metrics,
      now: Date.now,
      limiters: new LocalLimiters(parts),
      queues: new QueuePool(),
      canaries: new CanaryBoard(),
      caches: new LocalCaches({ redis: null, now: Date.now, logger, metrics }),
      securityEvents: { report: () => undefined },
      readSecret,
    },
    identityPool: new OfflineIdentities(
      { readSecret, createLimiter: loginLimiters(new LocalLimiters(parts), false) },
      { notes, unusable },
    ),
    servicePools: createServicePools(discoveryDeps, new OfflineDiscoveries(discoveryDeps, notes)),
    policyTallies: createPolicyTallies(metrics),
    own: new OwnEndpoints({ hasSignIn: true }),
    instanceId: "explain",
  });
  return {
    snapshot,
    unusable,
    get notes() {
      return [...notes];
    },
  };
}

const sendNothing = (): Promise<never> =>
  Promise.reject(new UpstreamFailure("aborted", "none", "an explanation sends nothing"));

const silentClient: UpstreamClient = {
  send: sendNothing,
  sendFor: sendNothing,
  close: () => Promise.resolve(),
};

function withoutChecks(config: GatewayConfig): GatewayConfig {
  const services = Object.entries(config.services).map(([name, { health: _health, ...rest }]) => [
    name,
    rest,
  ]);
  return { ...config, services: Object.fromEntries(services) };
}

/** Replaces missing secrets by random ones, which accept nothing signed with the real secret. */
function lenientSecrets(env: Readonly<Record<string, string | undefined>>, notes: Set<string>): ReadSecret {
  return (reference) => {
    try {
      return resolveSecret(reference, { env });
    } catch (thrown) {
      const reason = messageOf(thrown);
      notes.add(`${reason} here: what it signs or opens is judged as wrong`);
      return randomBytes(32).toString("base64");
    }
  };
}

/** Treats budgets kept in Redis as unused. */
class LocalLimiters extends LimiterPool {
  override acquire(spec: LimiterSpec): PooledLimiter {
    return super.acquire({ ...spec, store: { type: "in-process" } });
  }
}

/** Queries no provider: a service whose addresses are not in the config has no targets. */
class OfflineDiscoveries extends DiscoveryPool {
  readonly #notes: Set<string>;

  constructor(deps: DiscoveryPoolDeps, notes: Set<string>) {
    super(deps);
    this.#notes = notes;
  }

  override subscribe(...[service, entry, onTargets]: Parameters<DiscoveryPool["subscribe"]>): () => void {
    if (entry.type === "static") return super.subscribe(service, entry, onTargets);
    this.#notes.add(`the targets of ${service} are found by ${entry.type}, which is not asked here`);
    return () => undefined;
  }
}

/** Treats a cache in Redis as empty. */
class LocalCaches extends CachePool {
  override acquire(spec: CacheSpec): ReturnType<CachePool["acquire"]> {
    return super.acquire({ ...spec, store: "in-process" });
  }
}

/** What is found out while the config is compiled. */
interface Findings {
  readonly notes: Set<string>;
  readonly unusable: UnusableIdentity[];
}

/** Identities that need the platform's stores are unavailable, and report that where a credential is presented. */
class OfflineIdentities extends IdentityPool {
  readonly #notes: Set<string>;
  readonly #unusable: UnusableIdentity[];

  constructor(deps: Pick<IdentityDeps, "readSecret" | "createLimiter">, { notes, unusable }: Findings) {
    super({
      ...deps,
      auth: null,
      devices: null,
      services: () => ({
        call(service) {
          return Promise.reject(new Error(`an explanation asks nobody, ${service} neither`));
        },
      }),
      now: Date.now,
      fetch,
      onAnswer: () => undefined,
      onFailure: () => undefined,
    });
    this.#notes = notes;
    this.#unusable = unusable;
  }

  override acquire(entry: Parameters<IdentityPool["acquire"]>[0]): ReturnType<IdentityPool["acquire"]> {
    try {
      return super.acquire(entry);
    } catch (thrown) {
      const { name } = entry;
      const reason = messageOf(thrown);
      if (!(thrown instanceof MissingStore)) this.#unusable.push({ identity: name, reason });
      const identity: Identity = {
        scheme: "service",
        recall: () => null,
        authenticate: (credentials): Authentication => {
          if (!isPresented(credentials)) return { outcome: "absent" };
          this.#notes.add(
            `identity ${name}: ${reason}: it cannot be asked here; --as tells whom to take the caller for`,
          );
          return { outcome: "unavailable", identity: name };
        },
      };
      return { identity, key: name, release: () => undefined };
    }
  }
}

function isPresented(credentials: {
  bearer(): { kind: string };
  header(name: string): string | null;
}): boolean {
  return credentials.bearer().kind !== "absent" || credentials.header("x-api-key") !== null;
}
