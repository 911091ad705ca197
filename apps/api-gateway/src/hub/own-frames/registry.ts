import { type Frame, hubTypes } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { heartbeat } from "./heartbeat.ts";
import { history } from "./history.ts";
import { joinRoom } from "./join-room.ts";
import { leaveRoom } from "./leave-room.ts";
import { presence } from "./presence.ts";
import { reauth } from "./reauth.ts";

/** Handles one of the built-in frame types. MUST NOT throw, and MUST send exactly one ack or error for a frame with an id. */
export type OwnFrame = (hub: HubContext, connection: Connection, frame: Frame) => void;

const ownFrames: ReadonlyMap<string, OwnFrame> = new Map([
  [hubTypes.heartbeat, heartbeat],
  [hubTypes.joinRoom, joinRoom],
  [hubTypes.leaveRoom, leaveRoom],
  [hubTypes.presence, presence],
  [hubTypes.history, history],
  [hubTypes.reauth, reauth],
]);

export function findOwnFrame(type: string): OwnFrame | undefined {
  return ownFrames.get(type);
}
