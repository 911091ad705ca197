import type { Publisher } from "@libs/messaging";
import type { Logger } from "@libs/monitoring";
import type { FleetMetrics } from "../fleet-metrics.ts";

/** Notifications pushed to sockets. Nothing depends on them: all of it can be polled as well. */
export interface Live {
  /** There are commands to claim. */
  commandsWaiting(deviceId: string): void;
  /** These commands were cancelled; the device need not finish them. */
  commandsCancelled(deviceId: string, commandIds: readonly string[]): void;
  /** To everyone at the customer: `device_status`, `session_updated`, `command_updated`. */
  tellCustomer(customerId: string, type: CustomerMessage, payload: object): void;
  /**
   * Closes the device's sockets: it was suspended, retired or rotated. Resolves when the hub was told, or could not be. Sent once
   * more a little later, for a socket that was being opened on the gateway's cached answer.
   */
  disconnect(deviceId: string): Promise<void>;
}

export type CustomerMessage = "device_status" | "session_updated" | "command_updated";

/** Longer than the gateway caches an answer about a device's token. */
const againMs = 2000;

/** Access to the hub. */
export interface HubNotifier {
  readonly publisher: Pick<Publisher, "publish">;
  /** Closes every connection of the channel, on every instance of the hub. */
  readonly disconnect: (channel: string) => Promise<void>;
}

export function createLive(
  { publisher, disconnect }: HubNotifier,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: FleetMetrics },
): Live {
  const onFailure = (error: unknown): void => {
    metrics.notPublished();
    logger.warn({ err: error }, "a live message could not be published to the hub");
  };
  const tell = (channel: string, type: string, payload: object): void => {
    publisher.publish(channel, { type, payload }, { history: null }).catch(onFailure);
  };
  const close = (deviceId: string): Promise<void> => disconnect(`device:${deviceId}`).catch(onFailure);
  return {
    commandsWaiting: (deviceId) => tell(`device:${deviceId}`, "commands_waiting", {}),
    commandsCancelled: (deviceId, commandIds) =>
      tell(`device:${deviceId}`, "commands_cancelled", { commandIds }),
    tellCustomer: (customerId, type, payload) => tell(`customer:${customerId}`, type, payload),
    disconnect(deviceId) {
      setTimeout(() => void close(deviceId), againMs).unref();
      return close(deviceId);
    },
  };
}
