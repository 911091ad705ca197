/**
 * A message of the hub's protocol, in either direction: one JSON object per WebSocket text message (DESIGN 4). Only `type` is required.
 * `userId` from a client is never trusted: the hub sets it.
 */
export interface Frame {
  /** `cart_event`, `join_room`, ...: the hub's own types are in `hubTypes`, all others come from its config. */
  readonly type: string;
  readonly payload?: unknown;
  /** Chosen by the client: 1 to 128 visible ASCII characters without quotes and backslashes. Requests exactly one ack or error. */
  readonly id?: string;
  /** Milliseconds since the epoch, or ISO 8601. */
  readonly timestamp?: number | string;
  readonly userId?: string;
  /** The shopper's session; same characters as `id`. */
  readonly sessionId?: string;
}

/** A frame delivered through a room or a personal channel. */
export interface PublishedFrame extends Frame {
  /** The room's name, without the channel's kind. */
  readonly room?: string;
  /** Numbers the room's frames from 1, without gaps, within an epoch; absent where the channel keeps no history. */
  readonly offset?: number;
}

/** A position in a channel. Offsets are only comparable within an epoch. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Types handled or sent by the hub itself. A config MUST NOT assign them to a service. */
export const hubTypes = {
  /** client → hub */
  joinRoom: "join_room",
  leaveRoom: "leave_room",
  presence: "presence",
  history: "history",
  reauth: "reauth",
  /** both ways: the hub answers a client's */
  heartbeat: "heartbeat",
  /** hub → client */
  ack: "ack",
  error: "error",
  welcome: "welcome",
  roomJoined: "room_joined",
  roomLost: "room_lost",
  memberJoined: "member_joined",
  memberLeft: "member_left",
  reconnect: "reconnect",
} as const;

export const hubTypeNames: ReadonlySet<string> = new Set(Object.values(hubTypes));

/** Payload of `welcome`, the first frame of every connection. */
export interface WelcomePayload {
  readonly connectionId: string;
  readonly userId: string | null;
  /** When the credential expires, in milliseconds since the epoch; `null` for never. A `reauth` frame extends it. */
  readonly expiresAt: number | null;
  /** The same as a duration from now, in milliseconds: for clients whose clock is wrong. */
  readonly expiresInMs: number | null;
  /** After this long without a message a client sends a heartbeat, and treats the connection as dead if that is not answered. */
  readonly heartbeatMs: number;
  readonly frameBytesMax: number;
  /** Rooms that the hub joins automatically: `join_room` returns the position in one, and what was missed. */
  readonly rooms: readonly string[];
}

/** Payload of `join_room`. With `since`, the hub replays what the room received after that position, or reports that it cannot. */
export interface JoinRoomPayload {
  readonly room: string;
  readonly since?: Position;
}

/** Payload of `room_joined`. `recovered` is true exactly if every frame after `since` follows, in order, before the ack. */
export interface RoomJoinedPayload {
  readonly room: string;
  readonly epoch: string | null;
  readonly offset: number;
  readonly recovered: boolean;
}

/** A member of a room. */
export interface RoomMember {
  readonly connectionId: string;
  readonly userId: string | null;
}
