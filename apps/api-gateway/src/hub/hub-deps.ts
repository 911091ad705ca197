import type { IncomingRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import type { Broker } from "@libs/messaging";
import type { Telemetry } from "@libs/monitoring";
import type { Authenticator } from "../identity/create-identities.ts";
import type { OriginalRequest } from "../model/credentials.ts";
import type { ServiceCaller } from "../model/service-caller.ts";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import type { TicketStore } from "./tickets/ticket-store.ts";

/** A login, key or device session that was taken back, or a user all of whose older tokens were. */
export interface Revocation {
  readonly kind: "login" | "user";
  /** Of the login session (`Principal.sessionId`) or of the user (`Principal.subject`). */
  readonly id: string;
}

export interface HubDeps extends Telemetry {
  readonly broker: Broker;
  /** The services of the snapshot in force. Asked for each call. */
  readonly services: () => ServiceCaller;
  /** The identities of the snapshot in force. Asked at start and at each reload. */
  readonly selectIdentities: (names: readonly string[]) => Authenticator;
  /** Whether one of the roles gives the permission, by the config in force; none does where absent. */
  readonly permits?: (roles: readonly string[], permission: string) => boolean;
  /** Tells what was taken back, within a second, on every instance. Returns what ends it. */
  readonly onRevoked?: (listener: (revocation: Revocation) => void) => () => void;
  readonly tickets: TicketStore;
  /** Told of whoever tries to come in and may not. */
  readonly securityEvents: SecurityEvents;
  /** The limits of routes, which frames may share. */
  readonly limiters: LimiterPool;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
  /** Whether a trusted proxy sent it, whose word on the client's certificate is believed. */
  readonly isPeerTrusted: (request: IncomingRequest, server: AppServer) => boolean;
  /** A request as a service may be told of it that is asked who calls. */
  readonly originalOf: (request: IncomingRequest, server: AppServer) => OriginalRequest;
  readonly now?: () => number;
}
