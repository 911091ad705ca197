import { type Broker, createBrokerPublisher, disconnect } from "@libs/messaging";
import type { HubDoor } from "./live.ts";

/** Through a broker that the hub's instances subscribe to. */
export function hubDoorOf(broker: Broker): HubDoor {
  return {
    publisher: createBrokerPublisher(broker),
    disconnect: (channel) => disconnect(broker, channel),
  };
}

/** Without a way to the hub: everything can still be polled. */
export const noHubDoor: HubDoor = {
  publisher: { publish: (_channel, { id = "" }) => Promise.resolve({ position: null, id }) },
  disconnect: () => Promise.resolve(),
};
