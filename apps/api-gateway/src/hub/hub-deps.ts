import type { IncomingRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import type { Broker } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import type { Authenticator } from "../identity/create-identities.ts";
import type { OriginalRequest } from "../model/identity/credentials.ts";
import type { ServiceCaller } from "../model/upstream/service-caller.ts";
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

/** An authenticator over some of a snapshot's identities. */
export type SelectIdentities = (names: readonly string[]) => Authenticator;

/** The identities that a reload brings. */
export interface ReloadedIdentities {
  readonly select: SelectIdentities;
  /** Names of those before it that are not what they were: whom they knew must prove themselves again. */
  readonly changed: readonly string[];
}

export interface HubDeps extends Telemetry {
  readonly broker: Broker;
  /** The services of the snapshot in force; read for each call. */
  readonly services: () => ServiceCaller;
  /** Of the snapshot that the hub starts with; a reload brings its own. */
  readonly selectIdentities: SelectIdentities;
  /** Whether one of the roles grants the permission, by the config in force; none does where absent. */
  readonly permits?: (roles: readonly string[], permission: string) => boolean;
  /** Subscribes to revocations, which reach every instance within a second. @returns a function that unsubscribes */
  readonly onRevoked?: (listener: (revocation: Revocation) => void) => () => void;
  /** Called with each revocation, of the platform or of a service, on whichever instance it was heard of first. */
  readonly revoked?: (target: ConnectionTarget) => void;
  readonly tickets: TicketStore;
  /** Receives refused attempts to connect. */
  readonly securityEvents: SecurityEvents;
  /** The routes' limits, which frames may share. */
  readonly limiters: LimiterPool;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  /** Whether a trusted proxy sent it, whose word on the client's certificate is believed. */
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
  /** The request as it is described to an external authentication service. */
  readonly originalOf: (request: IncomingRequest, server: AppServer) => OriginalRequest;
  readonly now?: () => number;
}
