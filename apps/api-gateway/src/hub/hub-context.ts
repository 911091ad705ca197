import type { Broker } from "@libs/messaging";
import type { Logger, Tracer } from "@libs/monitoring";
import type { ServiceCaller } from "../model/upstream/service-caller.ts";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import type { HubConfig } from "./config/schema.ts";
import type { Connections } from "./connections/connections.ts";
import type { Delivery } from "./connections/delivery.ts";
import type { PollRelay } from "./fallback/poll-relay.ts";
import type { HubMetrics } from "./hub-metrics.ts";
import type { KnownIds } from "./messages/known-ids.ts";
import type { Rooms } from "./rooms/rooms.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { TicketStore } from "./tickets/ticket-store.ts";
import type { ThinnedWarnings } from "./thinned-warnings.ts";
import type { UpgradeTurns } from "./upgrade/upgrade-turns.ts";
import type { RecentRevocations } from "./upgrade/recent-revocations.ts";

/** What the parts of one hub share. */
export interface HubContext {
  readonly instanceId: string;
  readonly broker: Broker;
  /** Called for every use, because a reload replaces the pools. */
  readonly services: () => ServiceCaller;
  readonly permits: (roles: readonly string[], permission: string) => boolean;
  readonly tickets: TicketStore;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly metrics: HubMetrics;
  readonly securityEvents: SecurityEvents;
  readonly connections: Connections;
  readonly delivery: Delivery;
  readonly rooms: Rooms;
  readonly sessions: Sessions;
  readonly knownIds: KnownIds;
  readonly polls: PollRelay;
  readonly revocations: RecentRevocations;
  readonly upgradeTurns: UpgradeTurns;
  readonly warnings: ThinnedWarnings;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The current config. */
  readonly config: () => HubConfig;
  readonly state: HubState;
}

export interface HubState {
  /** Unanswered frames of all connections. */
  inFlight: number;
  /** Bytes of those that are being sent to a service. */
  inFlightBytes: number;
  /** Upgrades that wait for authentication. */
  opening: number;
  /** Connections since the start; used for connection ids. */
  connectionsMade: number;
  /** Set when a drain begins: frames and connections are refused from then on. */
  isDraining: boolean;
}
