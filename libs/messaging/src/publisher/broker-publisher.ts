import type { Broker } from "../broker/broker.ts";
import { type Publisher, prepareFrame } from "./publisher.ts";

/**
 * Publishes through a broker that this process has anyway: in process, or the Redis that the hub's instances share. A frame
 * without an id of its own that is kept for nobody is remembered by nobody either: its sender could not name it again, and
 * thousands a second would be known for five minutes each.
 */
export function createBrokerPublisher(broker: Pick<Broker, "publish">): Publisher {
  return {
    async publish(channel, frame, options = {}) {
      const { id, text } = prepareFrame(channel, frame);
      const isKnown = frame.id !== undefined || options.history !== null;
      const known = isKnown ? { ...options, idempotencyKey: id } : options;
      const { position } = await broker.publish(channel, text, known);
      return { position, id };
    },
  };
}
