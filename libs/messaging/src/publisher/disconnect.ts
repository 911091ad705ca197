import type { Broker } from "../broker/broker.ts";
import { parseChannel } from "../channel.ts";
import { CartwayError } from "@libs/errors";

/** Carries commands about connections to all instances of the hub. Publishers of frames cannot reach it. */
export const hubControlChannel = "hub:control";

/**
 * Closes, on every instance of the hub, all connections with this personal channel, such as `device:d-1`, with the code `revoked`.
 * Resolves when the broker has accepted it. @throws CartwayError `bad_request` for an invalid channel, `store_unavailable` where other
 * instances could not be reached
 */
export async function disconnect(broker: Pick<Broker, "publish">, channel: string): Promise<void> {
  parseChannel(channel);
  const message = { act: "close", target: { by: "channel", id: channel }, reason: "revoked" };
  const { reach } = await broker.publish(hubControlChannel, JSON.stringify(message), { history: null });
  if (reach === "local") throw new CartwayError("store_unavailable");
}
