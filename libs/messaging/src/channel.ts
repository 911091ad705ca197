import { CartwayError } from "@libs/errors";

/**
 * Who a publication is for: all in a room, or every connection of one user, device or customer. `hub:` channels carry what
 * instances tell one another and cannot be published to from outside.
 */
export const channelKinds = ["room", "user", "device", "customer"] as const;

export type ChannelKind = (typeof channelKinds)[number];

/** What stands after the kind: 1 to 200 visible ASCII characters without quotes, backslashes and braces. */
const namePattern = /^[!#-[\]-z|~]{1,200}$/;

export interface Channel {
  readonly kind: ChannelKind;
  readonly name: string;
}

export function isChannelName(name: string): boolean {
  return namePattern.test(name);
}

/** @throws CartwayError `bad_request` for a channel that nobody could be subscribed to. */
export function parseChannel(text: string): Channel {
  const colon = text.indexOf(":");
  const kind = channelKinds.find((candidate) => candidate === text.slice(0, colon));
  const name = text.slice(colon + 1);
  if (kind === undefined || !isChannelName(name)) {
    throw new CartwayError("bad_request", {
      message: `A channel is ${channelKinds.join(", ")} with a colon and a name, such as room:cart:s-1.`,
    });
  }
  return { kind, name };
}
