import { type Broker, createBrokerPublisher, disconnect } from "@libs/messaging";
import type { HubNotifier } from "./live.ts";

/** Through a broker that the hub's instances subscribe to. */
export function hubNotifierOf(broker: Broker): HubNotifier {
  return {
    publisher: createBrokerPublisher(broker),
    disconnect: (channel) => disconnect(broker, channel),
  };
}

/** Without a way to the hub: everything can still be polled. */
export const noHubNotifier: HubNotifier = {
  publisher: { publish: (_channel, { id = "" }) => Promise.resolve({ position: null, id }) },
  disconnect: () => Promise.resolve(),
};
