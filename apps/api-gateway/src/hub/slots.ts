import type { HubConfig } from "./config/schema.ts";
import type { Connection } from "./connections/connection.ts";
import { compileEndpoint, type EndpointSlot } from "./endpoint.ts";
import type { Authenticator } from "../identity/create-identities.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubMetrics } from "./hub-metrics.ts";
import { Batcher } from "./messages/batcher.ts";
import { compileMessage } from "./messages/message-route.ts";
import type { PendingFrame } from "./messages/pending-frame.ts";
import { sendBatch } from "./messages/send-batch.ts";

export type Slots = ReadonlyMap<string, EndpointSlot>;

export interface CompileSlotsOptions {
  readonly config: HubConfig;
  /** Those in force: kept for the paths that go on, so that their connections never notice. */
  readonly before: Slots;
  readonly selectIdentities: (names: readonly string[]) => Authenticator;
  readonly metrics: HubMetrics;
  readonly hub: () => HubContext;
}

/** Of the largest body that a service gets in one call. */
const batchBytesMax = 1_000_000;

/** Compiles everything before anything changes: a config that cannot be compiled throws and leaves all as it was. */
export function compileSlots({ config, before, selectIdentities, metrics, hub }: CompileSlotsOptions): Slots {
  const endpoints = config.endpoints.map((endpoint) =>
    compileEndpoint({
      config: endpoint,
      limits: config.limits,
      select: selectIdentities,
      compileMessage: (type, message) =>
        compileMessage({
          type,
          config: message,
          metrics,
          createBatcher: (route, batch) =>
            new Batcher<PendingFrame>({
              ...batch,
              bytesMax: batchBytesMax,
              send: (body, frames) => sendBatch(hub(), route, body, frames),
            }),
        }),
    }),
  );
  const slots = new Map<string, EndpointSlot>();
  for (const endpoint of endpoints) {
    slots.set(endpoint.path, before.get(endpoint.path) ?? { current: endpoint, connections: 0 });
  }
  for (const endpoint of endpoints) {
    const slot = slots.get(endpoint.path);
    if (slot !== undefined) slot.current = endpoint;
  }
  return slots;
}

/** After a reload: whether this connection could not be made any more as it is. */
export function isOutlawed(slots: Slots, { slot, principal }: Connection): boolean {
  if (slots.get(slot.current.path) !== slot) return true;
  const { authenticate } = slot.current.config;
  return principal === null ? !authenticate.anonymous : !authenticate.with.includes(principal.identity);
}
