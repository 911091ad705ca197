import {
  type CloseReason,
  closeCodes,
  hubControlChannel,
  type PublicationListener,
  type PublishReceipt,
} from "@libs/messaging";
import type { Connection } from "./connections/connection.ts";
import { personalChannelOf } from "./connections/personal-channel.ts";
import type { HubContext } from "./hub-context.ts";

/** Selects connections: one by its id, or all of a user, of a login session, or of a personal channel. */
export interface ConnectionTarget {
  readonly by: "connection" | "user" | "login" | "channel";
  readonly id: string;
}

export type ControlMessage =
  | { readonly act: "close"; readonly target: ConnectionTarget; readonly reason: CloseReason }
  | { readonly act: "send"; readonly target: ConnectionTarget; readonly text: string };

/** Sends a control message to every instance, this one included. @returns `local` where only this one could be reached */
export async function controlAnywhere(
  hub: HubContext,
  message: ControlMessage,
): Promise<PublishReceipt["reach"]> {
  return (await hub.broker.publish(hubControlChannel, JSON.stringify(message), { history: null })).reach;
}

/** Resolves once control messages of other instances are received. @returns a function that stops it */
export async function listenToControl(hub: HubContext): Promise<() => Promise<void>> {
  const listener: PublicationListener = {
    publication({ text }) {
      const message = readControl(text);
      if (message === null) hub.logger.warn({}, "an unknown control message was ignored");
      else control(hub, message);
    },
  };
  await hub.broker.subscribe(hubControlChannel, listener);
  return () => hub.broker.unsubscribe(hubControlChannel, listener);
}

/** Carries out a control message on the connections of this instance. @returns how many there were */
export function control(hub: HubContext, message: ControlMessage): number {
  if (message.act === "close" && (message.reason === "revoked" || message.reason === "expired"))
    hub.revocations.note(message.target, hub.now());
  const connections = findTargets(hub, message.target);
  for (const connection of connections) {
    act(hub, connection, message);
  }
  return connections.length;
}

function act(hub: HubContext, connection: Connection, message: ControlMessage): void {
  switch (message.act) {
    case "close":
      return hub.delivery.close(connection, message.reason);
    case "send":
      return void hub.delivery.send(connection, message.text);
  }
}

function findTargets(hub: HubContext, { by, id }: ConnectionTarget): readonly Connection[] {
  if (by === "user") return hub.connections.ofUser(id);
  if (by === "login") return hub.connections.ofLogin(id);
  if (by === "channel") {
    // rare (a service revokes somebody's access), so there is no index
    return [...hub.connections.all()].filter((connection) => personalChannelOf(connection) === id);
  }
  const connection = hub.connections.get(id);
  return connection === undefined ? [] : [connection];
}

/** `null` for messages that this version does not know. */
function readControl(text: string): ControlMessage | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("act" in value) || !("target" in value)) return null;
  const target = readTarget(value.target);
  if (target === null) return null;
  if (value.act === "send" && "text" in value && typeof value.text === "string") {
    return { act: "send", target, text: value.text };
  }
  if (value.act !== "close" || !("reason" in value)) return null;
  return isCloseReason(value.reason) ? { act: "close", target, reason: value.reason } : null;
}

function readTarget(value: unknown): ConnectionTarget | null {
  if (typeof value !== "object" || value === null || !("by" in value) || !("id" in value)) return null;
  const { by, id } = value;
  if (typeof id !== "string") return null;
  return by === "connection" || by === "user" || by === "login" || by === "channel" ? { by, id } : null;
}

function isCloseReason(value: unknown): value is CloseReason {
  return typeof value === "string" && Object.hasOwn(closeCodes, value);
}
