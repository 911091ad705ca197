import type { Authenticator } from "../identity/create-identities.ts";
import type { BucketRate } from "./connections/token-bucket.ts";
import type { EndpointConfig, HubLimits } from "./config/schema.ts";
import type { MessageRoute } from "./messages/message-route.ts";
import { compileRoomRule, type RoomRule } from "./rooms/room-rule.ts";

/** An endpoint of the config, compiled once a config. */
export interface Endpoint {
  readonly path: string;
  readonly config: EndpointConfig;
  readonly limits: HubLimits;
  /** `null` where no identity is asked. */
  readonly authenticate: Authenticator | null;
  readonly anyOrigin: boolean;
  readonly origins: ReadonlySet<string>;
  readonly messages: ReadonlyMap<string, MessageRoute>;
  readonly roomRules: readonly RoomRule[];
  readonly rate: BucketRate;
}

/**
 * The place of an endpoint in the hub, which outlives configs: connections hold the slot, and a reload puts another endpoint
 * into it without touching them.
 */
export interface EndpointSlot {
  current: Endpoint;
  connections: number;
}

export interface CompileEndpointOptions {
  readonly config: EndpointConfig;
  readonly limits: HubLimits;
  readonly select: (names: readonly string[]) => Authenticator;
  readonly compileMessage: (type: string, config: EndpointConfig["messages"][string]) => MessageRoute;
}

export function compileEndpoint({
  config,
  limits,
  select,
  compileMessage,
}: CompileEndpointOptions): Endpoint {
  const { authenticate, messages, rooms } = config;
  return {
    path: config.path,
    config,
    limits,
    authenticate: authenticate.with.length === 0 ? null : select(authenticate.with),
    anyOrigin: config.origins.includes("*"),
    origins: new Set(config.origins.map((origin) => origin.toLowerCase())),
    messages: new Map(
      Object.entries(messages).map(([type, message]) => [type, compileMessage(type, message)]),
    ),
    roomRules: rooms === undefined ? [] : [rooms].flat().map(compileRoomRule),
    rate: config.rate ?? { perSec: limits.framesPerSec, burst: limits.framesBurst },
  };
}
