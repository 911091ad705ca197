import type { Metrics } from "@libs/monitoring";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { HubConfig } from "./config/schema.ts";
import type { Connection } from "./connections/connection.ts";
import { personalChannelOf } from "./connections/personal-channel.ts";
import { admits, compileEndpoint, type Endpoint, type EndpointSlot } from "./endpoint.ts";
import { createFrameLimit, type FrameLimit } from "./frame-limit.ts";
import type { HubContext } from "./hub-context.ts";
import type { SelectIdentities } from "./hub-deps.ts";
import type { HubMetrics } from "./hub-metrics.ts";
import { Batcher } from "./messages/batcher.ts";
import { compileMessage } from "./messages/message-route.ts";
import type { PendingFrame } from "./messages/pending-frame.ts";
import { sendBatch } from "./messages/send-batch.ts";
import { isInForbiddenRoom } from "./rooms/memberships.ts";

export type Slots = ReadonlyMap<string, EndpointSlot>;

export interface CompileSlotsOptions {
  readonly config: HubConfig;
  /** The current slots. Paths that remain keep theirs, so that their connections are not affected. */
  readonly before: Slots;
  readonly selectIdentities: SelectIdentities;
  readonly metrics: HubMetrics;
  readonly hub: () => HubContext;
  readonly limiters: LimiterPool;
  /** The registry for the limits' metrics. */
  readonly registry: Metrics;
}

/** Largest body of one call to a service. */
const batchBytesMax = 1_000_000;

export interface PreparedSlots {
  /** Slots of paths that the config keeps still hold the current endpoints. */
  readonly all: Slots;
  /**
   * Replaces the endpoints in them; never throws. The old endpoints' limits are released only now, after the new ones were acquired, so
   * that an unchanged limit keeps its budgets.
   */
  putInForce(): void;
}

/** Compiles everything and changes nothing. @throws Error where the config cannot be compiled */
export function prepareSlots(options: CompileSlotsOptions): PreparedSlots {
  const { before, hub } = options;
  const compiled = compileEndpoints(options).map((endpoint) => ({
    endpoint,
    slot: before.get(endpoint.path) ?? { current: endpoint, connections: 0, isRemoved: false },
  }));
  const all = new Map(compiled.map(({ endpoint, slot }) => [endpoint.path, slot]));
  return {
    all,
    putInForce() {
      const former = [...before.values()].map(({ current }) => current.frameLimit);
      for (const { endpoint, slot } of compiled) slot.current = endpoint;
      for (const [path, slot] of before) slot.isRemoved = !all.has(path);
      for (const limit of former) releaseLimit(limit, hub);
    },
  };
}

/** Compiles all endpoints or none: if one fails, the others are released. */
function compileEndpoints({
  config,
  selectIdentities,
  metrics,
  limiters,
  registry,
  hub,
}: CompileSlotsOptions): readonly Endpoint[] {
  const made: Endpoint[] = [];
  try {
    for (const endpoint of config.endpoints) {
      const compiled = compileEndpoint({
        config: endpoint,
        limits: config.limits,
        select: selectIdentities,
        createFrameLimit: (limit) =>
          createFrameLimit(limit, { limiters, metrics: registry, path: endpoint.path }),
        compileMessage: (type, message) =>
          compileMessage({
            type,
            config: message,
            metrics: metrics,
            createBatcher: (route, batch) =>
              new Batcher<PendingFrame>({
                ...batch,
                bytesMax: batchBytesMax,
                send: (texts, frames) => sendBatch(hub(), route, texts, frames),
              }),
          }),
      });
      made.push(compiled);
    }
    return made;
  } catch (thrown) {
    for (const { frameLimit } of made) releaseLimit(frameLimit, hub);
    throw thrown;
  }
}

/** Releases the endpoints' limits, which outlive the hub. */
export function disposeSlots(slots: Slots, hub: () => HubContext): void {
  for (const { current } of slots.values()) releaseLimit(current.frameLimit, hub);
}

function releaseLimit(limit: FrameLimit | null, hub: () => HubContext): void {
  limit
    ?.release()
    .catch((error: unknown) => hub().logger.error({ err: error }, "a frame limit could not be closed"));
}

/** Whether the current config would refuse this connection, its channel or one of its rooms. */
export function isNoLongerAllowed(connection: Connection): boolean {
  const { slot, principal, personalChannel } = connection;
  if (!admits(slot, principal)) return true;
  return personalChannel !== personalChannelOf(connection) || isInForbiddenRoom(connection);
}
