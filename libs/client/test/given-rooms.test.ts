import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import type { HubFrame } from "../src/wire.ts";
import type { ScriptedConnection } from "./scripted-hub.ts";
import { startClients } from "./start-clients.ts";

const { hub, connected } = startClients();
const frame = (offset: number, room = "news") => ({ type: "offer", room, offset });

/** Answers the next question after a room with where it stands. */
async function answer(connection: ScriptedConnection, standing: object): Promise<unknown> {
  const { id, payload } = await connection.frames.find(({ type }) => type === "join_room");
  connection.send({ type: "room_joined", id, payload: { room: "news", ...standing } });
  connection.send({ type: "ack", id });
  return payload;
}

async function given() {
  hub.welcome({ rooms: ["news"] });
  const frames = createEventLog<HubFrame>();
  const errors: unknown[] = [];
  const context = await connected({ onFrame: frames.push, onError: (error) => void errors.push(error) });
  await answer(context.connection, { epoch: "e", offset: 0, recovered: false });
  return { ...context, frames, errors };
}

describe("a room that the hub joins for the connection", () => {
  test("passes its frames to onFrame, once and in order, without being joined", async () => {
    const { connection, frames } = await given();
    for (const offset of [1, 2, 2, 3]) connection.send(frame(offset));
    await frames.atLeast(3);
    expect(frames.all.map(({ room, offset }) => [room, offset])).toEqual([
      ["news", 1],
      ["news", 2],
      ["news", 3],
    ]);
  });

  test("is recovered after a lost connection, and reports frames that are lost by room_lost", async () => {
    const { connection, frames } = await given();
    connection.send(frame(1));
    await frames.atLeast(1);
    connection.cut();
    const second = await hub.connections.next();
    const asked = await answer(second, { epoch: "e", offset: 2, recovered: true });
    expect(asked).toEqual({ room: "news", since: { epoch: "e", offset: 1 } });
    second.send(frame(2));
    await frames.atLeast(2);
    second.cut();
    await answer(await hub.connections.next(), { epoch: "f", offset: 7, recovered: false });
    expect((await frames.atLeast(3)).slice(1)).toMatchObject([
      { type: "offer", offset: 2 },
      { type: "room_lost", payload: { room: "news", epoch: "f", offset: 7 } },
    ]);
  });

  test("is recovered even if the connection was lost before the first answer", async () => {
    hub.welcome({ rooms: ["news"] });
    const frames = createEventLog<HubFrame>();
    const { connection } = await connected({ onFrame: frames.push });
    connection.send({
      type: "room_joined",
      payload: { room: "news", epoch: "e", offset: 4, recovered: false },
    });
    connection.send(frame(5));
    await frames.atLeast(1);
    connection.cut();
    const second = await hub.connections.next();
    second.send({ type: "room_joined", payload: { room: "news", epoch: "e", offset: 6, recovered: false } });
    const asked = await answer(second, { epoch: "e", offset: 6, recovered: true });
    expect(asked).toEqual({ room: "news", since: { epoch: "e", offset: 5 } });
    second.send(frame(6));
    await frames.atLeast(2);
    expect(frames.all).toMatchObject([{ offset: 5 }, { offset: 6 }]);
  });

  test("passes its frames to its listener if there is one", async () => {
    const { client, connection, frames } = await given();
    const heard = createEventLog<HubFrame>();
    client.join("news", { onFrame: heard.push });
    connection.send(frame(1));
    expect(await heard.next()).toMatchObject({ offset: 1 });
    expect(frames.all).toEqual([]);
  });

  test("is forgotten if the hub no longer joins it", async () => {
    const { connection, frames, errors } = await given();
    hub.welcome({ rooms: [] });
    connection.cut();
    const next = await hub.connections.next();
    next.send({ type: "offer" });
    await frames.next();
    expect(next.frames.all).toEqual([]);
    expect(errors).toEqual([]);
  });
});

test("a loss in the caller's own channel is reported to onFrame", async () => {
  const frames = createEventLog<HubFrame>();
  const { connection } = await connected({ onFrame: frames.push });
  connection.send({ type: "room_lost", payload: { room: null, epoch: "e", offset: 3 } });
  expect(await frames.next()).toMatchObject({ type: "room_lost", payload: { room: null } });
});
