import type { Broker } from "../broker/broker.ts";
import { type Publisher, prepareFrame } from "./publisher.ts";

/**
 * Publishes through a broker that this process already has: in process, or the Redis that the hub's instances share. A frame without an
 * id gets no idempotency key: its sender could not repeat it under the same id, and thousands per second would be remembered for five
 * minutes each.
 */
export function createBrokerPublisher(broker: Pick<Broker, "publish">): Publisher {
  return {
    async publish(channel, frame, options = {}) {
      const { id, text } = prepareFrame(channel, frame);
      const known = frame.id === undefined ? options : { ...options, idempotencyKey: id };
      const { position } = await broker.publish(channel, text, known);
      return { position, id };
    },
  };
}
