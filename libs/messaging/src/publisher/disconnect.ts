import type { Broker } from "../broker/broker.ts";
import { parseChannel } from "../channel.ts";
import { CartwayError } from "@libs/errors";

/** The channel on which the hub's instances are told what to do with connections. No publisher of frames reaches it. */
export const hubControlChannel = "hub:control";

/**
 * Closes, on every instance of the hub, each connection whose own channel this is, such as `device:d-1`, with the code
 * `revoked`. Resolves when the broker has it. @throws CartwayError `bad_request` for what is no channel, `store_unavailable` where
 * other instances could not be told
 */
export async function disconnect(broker: Pick<Broker, "publish">, channel: string): Promise<void> {
  parseChannel(channel);
  const message = { act: "close", target: { by: "channel", id: channel }, reason: "revoked" };
  const { reach } = await broker.publish(hubControlChannel, JSON.stringify(message), { history: null });
  if (reach === "local") throw new CartwayError("store_unavailable");
}
