import { CartwayError } from "@libs/errors";

/**
 * The recipients of a publication: the members of a room, or every connection of a user, device or customer. `hub:` channels are internal
 * to the hub's instances, and clients cannot publish to them.
 */
export const channelKinds = ["room", "user", "device", "customer"] as const;

export type ChannelKind = (typeof channelKinds)[number];

/** The part after the kind: 1 to 200 visible ASCII characters without quotes, backslashes and braces. */
const namePattern = /^[!#-[\]-z|~]{1,200}$/;

export interface Channel {
  readonly kind: ChannelKind;
  readonly name: string;
}

export function isChannelName(name: string): boolean {
  return namePattern.test(name);
}

/** @throws CartwayError `bad_request` for an invalid channel */
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
