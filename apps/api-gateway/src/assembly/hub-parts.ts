import type { IncomingRequest } from "@libs/http1";
import type { Auth } from "@libs/auth";
import type { AppServer } from "@libs/elysia-server";
import { type Broker, createMemoryBroker } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import type { Redis } from "ioredis";
import { fillDefaults } from "../config/fill-defaults.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { type HubConfig, HubSchema } from "../hub/config/schema.ts";
import type { ConnectionTarget } from "../hub/control.ts";
import { createHub, type Hub } from "../hub/create-hub.ts";
import type { SelectIdentities } from "../hub/hub-deps.ts";
import { createMemoryTickets } from "../hub/tickets/memory-tickets.ts";
import { createRedisTickets } from "../hub/tickets/redis-tickets.ts";
import { LateOriginal } from "../http/original-request.ts";
import type { Identities } from "../identity/create-identities.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { defaultRealm } from "../policies/authenticate/challenge.ts";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import { followRevocations } from "./follow-revocations.ts";

export interface HubPartsDeps extends Telemetry {
  readonly current: () => Snapshot;
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
  readonly now: () => number;
  readonly securityEvents: SecurityEvents;
  readonly limiters: LimiterPool;
  /** In-process by default: the hub then has a single instance. */
  readonly broker?: Broker;
  readonly redis?: Redis | null;
  readonly auth?: Auth;
  /** Called with each revocation that the hub hears of, for what else holds connections open. */
  readonly revoked: (target: ConnectionTarget) => void;
}

/** Creates the hub, with services and identities of the current snapshot, and the platform's own revocations. */
export function createHubParts(config: GatewayConfig, deps: HubPartsDeps): Hub {
  const { current, clientIp, isPeerTrusted, logger, metrics, tracer, now, auth, securityEvents, limiters } =
    deps;
  return createHub(hubConfigOf(config), {
    broker: deps.broker ?? createMemoryBroker({ now }),
    services: () => current().services,
    selectIdentities: (names) => selectFrom(current().identities)(names),
    permits: (roles, permission) => current().roles.allows(roles, permission),
    ...(auth === undefined ? {} : { onRevoked: (listener) => followRevocations(auth.feed, now, listener) }),
    tickets: deps.redis ? createRedisTickets({ redis: deps.redis, now }) : createMemoryTickets({ now }),
    clientIp,
    isPeerTrusted,
    originalOf: (request, server) => new LateOriginal(request, server, current()),
    securityEvents,
    limiters,
    revoked: deps.revoked,
    logger,
    metrics,
    ...(tracer === undefined ? {} : { tracer }),
    now,
  });
}

/** The hub's view of a snapshot's identities. */
export function selectFrom(identities: Identities): SelectIdentities {
  return (names) => ({
    authenticate: identities.select(names),
    challenge: { realm: defaultRealm, asked: identities.asked(names) },
  });
}

/** A config without a hub becomes one without endpoints, to which a reload can add some. */
export function hubConfigOf({ hub }: GatewayConfig): HubConfig {
  return hub ?? (fillDefaults(HubSchema, {}) as HubConfig);
}
