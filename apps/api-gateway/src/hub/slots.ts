import type { Metrics } from "@libs/monitoring";
import type { LimiterPool } from "../policies/rate-limit/limiter-pool.ts";
import type { HubConfig } from "./config/schema.ts";
import type { Connection } from "./connections/connection.ts";
import { personalChannelOf } from "./connections/personal-channel.ts";
import { compileEndpoint, type Endpoint, type EndpointSlot } from "./endpoint.ts";
import { createFrameLimit, type FrameLimit } from "./frame-limit.ts";
import type { Authenticator } from "../identity/create-identities.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubMetrics } from "./hub-metrics.ts";
import { Batcher } from "./messages/batcher.ts";
import { compileMessage } from "./messages/message-route.ts";
import type { PendingFrame } from "./messages/pending-frame.ts";
import { sendBatch } from "./messages/send-batch.ts";
import { isInForbiddenRoom } from "./rooms/memberships.ts";

export type Slots = ReadonlyMap<string, EndpointSlot>;

export interface CompileSlotsOptions {
  readonly config: HubConfig;
  /** Those in force: kept for the paths that go on, so that their connections never notice. */
  readonly before: Slots;
  readonly selectIdentities: (names: readonly string[]) => Authenticator;
  readonly metrics: HubMetrics;
  readonly hub: () => HubContext;
  readonly limiters: LimiterPool;
  /** Where limits count what they decide. */
  readonly registry: Metrics;
}

/** Of the largest body that a service gets in one call. */
const batchBytesMax = 1_000_000;

/**
 * Compiles everything before anything changes: a config that cannot be compiled throws and leaves all as it was. The limits of
 * the endpoints before are let go once those after them are in force, so that a limit that stays as it was keeps its budgets.
 */
export function compileSlots(options: CompileSlotsOptions): Slots {
  const { before, hub } = options;
  const endpoints = compileEndpoints(options);
  const former = [...before.values()].map(({ current }) => current.frameLimit);
  const slots = new Map<string, EndpointSlot>();
  for (const endpoint of endpoints) {
    slots.set(endpoint.path, before.get(endpoint.path) ?? { current: endpoint, connections: 0 });
  }
  for (const endpoint of endpoints) {
    const slot = slots.get(endpoint.path);
    if (slot !== undefined) slot.current = endpoint;
  }
  for (const limit of former) releaseLimit(limit, hub);
  return slots;
}

/** Where one cannot be made, none is. */
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

/** What the endpoints hold beyond the hub's own life. */
export function disposeSlots(slots: Slots, hub: () => HubContext): void {
  for (const { current } of slots.values()) releaseLimit(current.frameLimit, hub);
}

function releaseLimit(limit: FrameLimit | null, hub: () => HubContext): void {
  limit
    ?.release()
    .catch((error: unknown) => hub().logger.error({ err: error }, "a limit of frames could not be closed"));
}

/** Whether the config in force would no longer admit this connection as it is, to its endpoint and its channels. */
export function isNoLongerAllowed(slots: Slots, connection: Connection): boolean {
  const { slot, principal, personal } = connection;
  if (slots.get(slot.current.path) !== slot) return true;
  const { authenticate } = slot.current.config;
  if (principal === null ? !authenticate.anonymous : !authenticate.with.includes(principal.identity))
    return true;
  if (personal !== null && personal.channel !== personalChannelOf(connection)) return true;
  return isInForbiddenRoom(connection);
}
