/**
 * What travels over the hub, either way, as one JSON object a WebSocket text message (DESIGN 4). Everything but `type` may
 * be missing. `userId` is never believed from the wire: the hub fills it.
 */
export interface Frame {
  /** `cart_event`, `join_room`, ...: the hub's own types are in `hubTypes`, all others come from its config. */
  readonly type: string;
  readonly payload?: unknown;
  /** Made by the client; 1 to 128 visible ASCII characters without quotes and backslashes. Asks for one ack or error. */
  readonly id?: string;
  /** Milliseconds since the epoch, or ISO 8601. */
  readonly timestamp?: number | string;
  readonly userId?: string;
  /** The shopper's session; the same characters as `id`. */
  readonly sessionId?: string;
}

/** A frame that reached a connection through a room or a personal channel. */
export interface PublishedFrame extends Frame {
  /** The room's name, without the kind of its channel. */
  readonly room?: string;
  /** Counts the room's frames from 1 without gaps within one epoch; absent where the channel keeps no history. */
  readonly offset?: number;
}

/** Where a reader of a channel stands. An offset means something only within its epoch. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** The types that the hub itself answers or sends. A config MUST NOT give them to a service. */
export const hubTypes = {
  /** client → hub */
  joinRoom: "join_room",
  leaveRoom: "leave_room",
  presence: "presence",
  history: "history",
  reauth: "reauth",
  /** both ways: a client's is answered by one of the hub's */
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
  /** Milliseconds since the epoch at which the credential ends; `null` where it does not. A `reauth` frame moves it. */
  readonly expiresAt: number | null;
  /** The same from now on, in milliseconds: for a client whose clock is wrong. */
  readonly expiresInMs: number | null;
  /** A client that has heard nothing for this long sends a heartbeat, and takes the connection as dead without an answer. */
  readonly heartbeatMs: number;
  readonly frameBytesMax: number;
  /** Those that the hub puts the connection into by itself: `join_room` tells where one stands, and gives what was missed. */
  readonly rooms: readonly string[];
}

/** Payload of `join_room`. With `since` the hub replays what the room carried after that position, or says that it cannot. */
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

/** One who is in a room. */
export interface RoomMember {
  readonly connectionId: string;
  readonly userId: string | null;
}
