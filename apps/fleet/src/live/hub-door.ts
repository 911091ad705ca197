import { type Broker, createBrokerPublisher, disconnect } from "@libs/messaging";
import type { HubDoor } from "./live.ts";

/** Through a broker that the hub's instances hear. */
export function hubDoorOf(broker: Broker): HubDoor {
  return {
    publisher: createBrokerPublisher(broker),
    disconnect: (channel) => disconnect(broker, channel),
  };
}

/** Where there is no way to the hub: everything can still be asked for. */
export const noHubDoor: HubDoor = {
  publisher: { publish: (_channel, { id = "" }) => Promise.resolve({ position: null, id }) },
  disconnect: () => Promise.resolve(),
};
