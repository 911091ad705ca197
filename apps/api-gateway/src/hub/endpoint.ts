import type { BucketRate } from "@libs/rate-limit";
import type { Principal } from "../model/identity/principal.ts";
import type { EndpointConfig, HubLimits } from "./config/schema.ts";
import type { FrameLimit } from "./frame-limit.ts";
import type { SelectedIdentities, SelectIdentities } from "./hub-deps.ts";
import type { MessageRoute } from "./messages/message-route.ts";
import { compileRoomRule, type RoomRule } from "./rooms/room-rule.ts";

/** An endpoint, compiled once per config. */
export interface Endpoint {
  readonly path: string;
  readonly config: EndpointConfig;
  readonly limits: HubLimits;
  /** `null` for endpoints without identities. */
  readonly identities: SelectedIdentities | null;
  readonly anyOrigin: boolean;
  readonly origins: ReadonlySet<string>;
  readonly messages: ReadonlyMap<string, MessageRoute>;
  readonly roomRules: readonly RoomRule[];
  readonly rate: BucketRate;
  /** Applies across all connections of a caller; `null` where not configured. */
  readonly frameLimit: FrameLimit | null;
}

/**
 * A mutable reference to an endpoint that outlives configs: connections hold the slot, and a reload replaces the endpoint in it
 * without touching them.
 */
export interface EndpointSlot {
  current: Endpoint;
  connections: number;
  /** Set when a reload has removed the endpoint: requests that began before may still open connections on it. */
  isRemoved: boolean;
}

/** Whether the config in force lets the caller connect; `null` is an anonymous one. */
export function admits({ isRemoved, current }: EndpointSlot, principal: Principal | null): boolean {
  if (isRemoved) return false;
  const { anonymous, with: identities } = current.config.authenticate;
  return principal === null ? anonymous : identities.includes(principal.identity);
}

export interface CompileEndpointOptions {
  readonly config: EndpointConfig;
  readonly limits: HubLimits;
  readonly select: SelectIdentities;
  readonly createFrameLimit: (config: NonNullable<EndpointConfig["frameLimit"]>) => FrameLimit;
  readonly compileMessage: (type: string, config: EndpointConfig["messages"][string]) => MessageRoute;
}

export function compileEndpoint({
  config,
  limits,
  select,
  createFrameLimit,
  compileMessage,
}: CompileEndpointOptions): Endpoint {
  const { authenticate, messages, rooms, frameLimit } = config;
  return {
    path: config.path,
    config,
    limits,
    identities: authenticate.with.length === 0 ? null : select(authenticate.with),
    anyOrigin: config.origins.includes("*"),
    origins: new Set(config.origins.map((origin) => origin.toLowerCase())),
    messages: new Map(
      Object.entries(messages).map(([type, message]) => [type, compileMessage(type, message)]),
    ),
    roomRules: rooms === undefined ? [] : [rooms].flat().map(compileRoomRule),
    frameLimit: frameLimit === undefined ? null : createFrameLimit(frameLimit),
    rate: config.rate ?? { perSec: limits.framesPerSec, burst: limits.framesBurst },
  };
}
