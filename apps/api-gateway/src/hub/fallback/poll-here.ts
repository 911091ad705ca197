import { CartwayError } from "@libs/errors";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { receiveTexts } from "../receive-frame.ts";
import { RefusedAttempt } from "../refused-attempt.ts";
import { isSender } from "./fallback-socket.ts";
import { type PollAnswer, PollSocket } from "./poll-socket.ts";

/** The longest time that a poll waits for a first frame. */
export const pollWaitMs = 25_000;

/** Frames as their client posted them, to any instance, in a poll or for an event stream. */
export interface PostedFrames {
  /** The connection's. */
  readonly id: string;
  readonly secret: string;
  /** JSON texts of frames, in order. */
  readonly texts: readonly string[];
}

export interface PollWait {
  readonly waitMs: number;
  /** Aborted when the client has left or polls elsewhere. */
  readonly signal: AbortSignal;
}

/** A poll of a connection that is held by this instance. @throws CartwayError `gone`, `forbidden` */
export async function pollHere(
  hub: HubContext,
  { id, secret, texts }: PostedFrames,
  { waitMs, signal }: PollWait,
): Promise<PollAnswer> {
  const connection = hub.connections.get(id);
  if (connection === undefined) throw gone();
  checkSecret(connection, secret);
  const { socket } = connection;
  if (!(socket instanceof PollSocket))
    throw new CartwayError("gone", { message: "The connection is closed." });
  receiveTexts(hub, connection, texts);
  return await socket.poll(waitMs, signal);
}

/** Frames for a connection that is held by this instance. @throws CartwayError `gone`, `forbidden` */
export function receiveHere(hub: HubContext, { id, secret, texts }: PostedFrames): void {
  const connection = hub.connections.get(id);
  if (connection === undefined) throw gone();
  checkSecret(connection, secret);
  receiveTexts(hub, connection, texts);
}

/** @throws CartwayError `forbidden` */
function checkSecret(connection: Connection, secret: string): void {
  if (!isSender(connection, secret)) throw notTheSender();
}

export function gone(): CartwayError {
  return new CartwayError("gone", { message: "The connection is not here." });
}

export function notTheSender(): CartwayError {
  return new RefusedAttempt(
    "forbidden",
    { kind: "access_denied", reason: "another_connection" },
    { message: "This is not the connection's sender." },
  );
}
