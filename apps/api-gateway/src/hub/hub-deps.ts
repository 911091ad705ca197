import type { IncomingRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import type { Broker } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import type { Authenticator } from "../identity/create-identities.ts";
import type { OriginalRequest } from "../model/identity/credentials.ts";
import type { ServiceCaller } from "../model/upstream/service-caller.ts";
import type { Challenge } from "../policies/authenticate/challenge.ts";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import type { ConnectionTarget } from "./control.ts";
import type { TicketStore } from "./tickets/ticket-store.ts";

/** A revoked login, key or device session, or a user whose older tokens were all revoked. */
export interface Revocation {
  readonly kind: "login" | "user";
  /** `Principal.sessionId` of the login, or `Principal.subject` of the user. */
  readonly id: string;
}

/** Some of a snapshot's identities. */
export interface SelectedIdentities {
  readonly authenticate: Authenticator;
  /** What they ask callers for. */
  readonly challenge: Challenge;
}

export type SelectIdentities = (names: readonly string[]) => SelectedIdentities;

/** The identities that a reload brings. */
export interface ReloadedIdentities {
  readonly select: SelectIdentities;
  /** Names of previous identities whose settings or secrets changed: their callers must authenticate again. */
  readonly changed: readonly string[];
}

export interface HubDeps extends Telemetry {
  readonly broker: Broker;
  /** The services of the current snapshot; called for each request. */
  readonly services: () => ServiceCaller;
  /** Those of the initial snapshot; a reload passes its own. */
  readonly selectIdentities: SelectIdentities;
  /** Whether one of the roles grants the permission, by the current config; false by default. */
  readonly permits?: (roles: readonly string[], permission: string) => boolean;
  /** Subscribes to revocations, which reach every instance within a second. @returns a function that unsubscribes */
  readonly onRevoked?: (listener: (revocation: Revocation) => void) => () => void;
  /** Called with each revocation, by the platform or a service, on any instance. */
  readonly revoked?: (target: ConnectionTarget) => void;
  readonly tickets: TicketStore;
  /** Receives refused attempts to connect. */
  readonly securityEvents: SecurityEvents;
  /** The routes' limits, which endpoints can share. */
  readonly limiters: LimiterPool;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  /** Whether a trusted proxy sent the request; its client certificate headers are then believed. */
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
  /** The description of the request for an external authentication service. */
  readonly originalOf: (request: IncomingRequest, server: AppServer) => OriginalRequest;
  readonly now?: () => number;
}
