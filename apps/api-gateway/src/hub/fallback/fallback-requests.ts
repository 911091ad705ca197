import { readBody } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import { closeConnection, openConnection } from "../connections/open-and-close.ts";
import type { Connection } from "../connections/connection.ts";
import type { HubContext } from "../hub-context.ts";
import { admitConnection, type UpgradeRequest } from "../upgrade/upgrade.ts";
import { EventStreamSocket } from "./event-stream-socket.ts";
import type { FallbackSocket } from "./fallback-socket.ts";
import { pollHere, pollWaitMs, receiveHere } from "./poll-here.ts";
import { type PollAnswer, PollSocket } from "./poll-socket.ts";

/** Identifies the request's connection: `<id>.<secret>` from its welcome. A header, since URLs are logged. */
const connectionHeader = "x-cartway-connection";
const bodyBytesMax = 1_048_576;

/** `GET <endpoint>/sse`: the frames of a new connection as an event stream, its welcome first. */
export async function openEventStream(hub: HubContext, opening: UpgradeRequest): Promise<Response> {
  if (opening.request.method !== "GET")
    throw new CartwayError("method_not_allowed", { headers: { allow: "GET" } });
  const connection = await admitConnection(hub, opening, false);
  const socket = new EventStreamSocket();
  open(hub, connection, socket);
  return new Response(socket.body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      // keeps nginx from buffering the stream
      "x-accel-buffering": "no",
    },
  });
}

/** `POST <endpoint>/send`: frames, one per line, for a connection on any instance. Their answers come on its stream. */
export async function sendFrames(hub: HubContext, { request }: UpgradeRequest): Promise<Response> {
  const posted = { ...readConnection(request), texts: await readTexts(request) };
  if (isHeldHere(hub, posted)) receiveHere(hub, posted);
  else await hub.polls.send(posted);
  return new Response(null, { status: 202 });
}

/**
 * `POST <endpoint>/poll`: takes the body's frames and answers with those that have arrived, one per line, waiting up to 25 s for
 * the first. Opens a connection where the request names none; relays to the instance that holds it.
 */
export async function poll(hub: HubContext, opening: UpgradeRequest): Promise<Response> {
  const { request } = opening;
  if (request.method !== "POST") throw new CartwayError("method_not_allowed", { headers: { allow: "POST" } });
  const { frames, closed } = await answerPoll(hub, opening);
  const headers = { "content-type": "application/x-ndjson", "cache-control": "no-store" };
  const ending = closed === null ? {} : { "x-cartway-closed": String(closed.code) };
  return new Response(frames.map((frame) => `${frame}\n`).join(""), { headers: { ...headers, ...ending } });
}

async function answerPoll(hub: HubContext, opening: UpgradeRequest): Promise<PollAnswer> {
  const { request } = opening;
  const wait = { waitMs: pollWaitMs, signal: request.signal };
  if (!request.headers.has(connectionHeader)) {
    const connection = await admitConnection(hub, opening, false);
    const socket = new PollSocket();
    open(hub, connection, socket);
    return await pollHere(
      hub,
      { id: connection.id, secret: socket.secret, texts: await readTexts(request) },
      wait,
    );
  }
  const asked = { ...readConnection(request), texts: await readTexts(request) };
  return await (isHeldHere(hub, asked) ? pollHere(hub, asked, wait) : hub.polls.poll(asked, request.signal));
}

/** Or was, if it is closed. */
function isHeldHere({ instanceId }: HubContext, { id }: { readonly id: string }): boolean {
  return id.startsWith(`${instanceId}.`);
}

function open(hub: HubContext, connection: Connection, socket: FallbackSocket): void {
  socket.onClosed((code) => closeConnection(hub, connection, code));
  openConnection(hub, connection, socket, socket.secret);
}

function readConnection(request: IncomingRequest): { readonly id: string; readonly secret: string } {
  const value = request.headers.get(connectionHeader) ?? "";
  const dot = value.lastIndexOf(".");
  if (dot < 1 || value.length > 256) {
    throw new CartwayError("bad_request", { message: `${connectionHeader} is <connection id>.<secret>.` });
  }
  return { id: value.slice(0, dot), secret: value.slice(dot + 1) };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

async function readTexts(request: IncomingRequest): Promise<readonly string[]> {
  const bytes = await readBody(request, bodyBytesMax);
  try {
    return decoder
      .decode(bytes)
      .split("\n")
      .filter((line) => line !== "");
  } catch (cause) {
    throw new CartwayError("bad_request", { message: "The body is not valid UTF-8.", cause });
  }
}
