import type { Broker } from "../broker/broker.ts";
import { type Publisher, prepareFrame } from "./publisher.ts";

/** Publishes through a broker that this process has anyway: in process, or the Redis that the hub's instances share. */
export function createBrokerPublisher(broker: Pick<Broker, "publish">): Publisher {
  return {
    async publish(channel, frame, options = {}) {
      const { id, text } = prepareFrame(channel, frame);
      const { position } = await broker.publish(channel, text, { ...options, idempotencyKey: id });
      return { position, id };
    },
  };
}
