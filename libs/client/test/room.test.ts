import { describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import type { HubFrame } from "../src/wire.ts";
import { startClients } from "./start-clients.ts";

const { hub, connected } = startClients();

describe("a room", () => {
  const place = { epoch: "e", offset: 0 };

  async function joined() {
    const context = await connected();
    const frames = createEventLog<HubFrame>();
    const gaps = createEventLog<true>();
    const leave = context.client.join("cart:x", { onFrame: frames.push, onGap: () => gaps.push(true) });
    const { id } = await context.connection.frames.next();
    context.connection.send({
      type: "room_joined",
      id,
      payload: { room: "cart:x", ...place, recovered: false },
    });
    context.connection.send({ type: "ack", id });
    return { ...context, frames, gaps, leave };
  }
  const frame = (offset: number) => ({ type: "offer", room: "cart:x", offset, payload: { offset } });

  test("delivers each frame once and in order", async () => {
    const { connection, frames } = await joined();
    for (const offset of [1, 2, 2, 1, 3]) connection.send(frame(offset));
    connection.send({ type: "member_joined", room: "cart:x" });
    await frames.atLeast(4);
    expect(frames.all.map(({ offset }) => offset)).toEqual([1, 2, 3, undefined]);
  });

  test("is joined again from its last offset, with missed frames before new ones", async () => {
    const { connection, frames } = await joined();
    connection.send(frame(1));
    await frames.atLeast(1);
    connection.cut();
    const next = await hub.connections.next();
    const again = await next.frames.next();
    expect(again).toMatchObject({
      type: "join_room",
      payload: { room: "cart:x", since: { epoch: "e", offset: 1 } },
    });
    next.send({
      type: "room_joined",
      id: again.id,
      payload: { room: "cart:x", epoch: "e", offset: 3, recovered: true },
    });
    for (const offset of [2, 3]) next.send(frame(offset));
    next.send({ type: "ack", id: again.id });
    next.send(frame(4));
    await frames.atLeast(4);
    expect(frames.all.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
  });

  test("reports a gap that the hub cannot replay", async () => {
    const { connection, frames, gaps } = await joined();
    connection.send(frame(1));
    await frames.atLeast(1);
    connection.cut();
    const next = await hub.connections.next();
    const { id } = await next.frames.next();
    next.send({
      type: "room_joined",
      id,
      payload: { room: "cart:x", epoch: "f", offset: 0, recovered: false },
    });
    await gaps.next();
    next.send({ type: "room_lost", payload: { room: "cart:x", epoch: "g", offset: 7 } });
    await gaps.next();
    next.send(frame(8));
    await frames.atLeast(2);
  });

  test("requests the frames between two offsets that are not consecutive", async () => {
    const { connection, frames } = await joined();
    connection.send(frame(1));
    connection.send(frame(4));
    const asked = await connection.frames.find(({ type }) => type === "history");
    expect(asked.payload).toEqual({ room: "cart:x", since: { epoch: "e", offset: 1 } });
    connection.send(frame(5));
    const payload = {
      room: "cart:x",
      epoch: "e",
      offset: 5,
      recovered: true,
      frames: [2, 3, 4, 5].map(frame),
    };
    connection.send({ type: "history", id: asked.id, payload });
    connection.send({ type: "ack", id: asked.id });
    await frames.atLeast(5);
    expect(frames.all.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a gap that cannot be filled is reported, and one whose request failed is detected again", async () => {
    const { connection, frames, gaps } = await joined();
    connection.send(frame(3));
    const asked = await connection.frames.find(({ type }) => type === "history");
    connection.send({
      type: "error",
      id: asked.id,
      error: { code: "store_unavailable", message: "", retryable: true },
    });
    await waitUntil(async () => {
      connection.send(frame(4));
      return connection.frames.all.filter(({ type }) => type === "history").length === 2;
    });
    const again = await connection.frames.find(({ type, id }) => type === "history" && id !== asked.id);
    const payload = { room: "cart:x", epoch: "e", offset: 4, recovered: false, frames: [] };
    connection.send({ type: "history", id: again.id, payload });
    connection.send({ type: "ack", id: again.id });
    await gaps.next();
    connection.send(frame(5));
    expect((await frames.next()).offset).toBe(5);
  });

  test("a gap whose request failed is filled without another frame, as in a room that stays quiet", async () => {
    const { connection, frames } = await joined();
    connection.send(frame(2));
    const asked = await connection.frames.find(({ type }) => type === "history");
    const error = { code: "store_unavailable", message: "", retryable: true };
    connection.send({ type: "error", id: asked.id, error });
    const isAgain = ({ type, payload }: { type: string; payload?: unknown }) =>
      type === "join_room" && Bun.deepEquals(payload, { room: "cart:x", since: { epoch: "e", offset: 0 } });
    const { id } = await connection.frames.find(isAgain);
    const payload = { room: "cart:x", epoch: "e", offset: 2, recovered: true };
    connection.send({ type: "room_joined", id, payload });
    for (const missed of [1, 2]) connection.send(frame(missed));
    connection.send({ type: "ack", id });
    await frames.atLeast(2);
    expect(frames.all.map(({ offset }) => offset)).toEqual([1, 2]);
  });

  test("is left with its last listener", async () => {
    const { client, connection, leave, frames } = await joined();
    const second = client.join("cart:x", { onFrame: () => {} });
    leave();
    second();
    await connection.frames.find(({ type }) => type === "leave_room");
    connection.send(frame(1));
    connection.send({ type: "other", room: "cart:y" });
    await Bun.sleep(5);
    expect(frames.all).toEqual([]);
  });

  test("that may not be joined is reported", async () => {
    const errors = createEventLog<unknown>();
    const { client, connection } = await connected({ onError: errors.push });
    client.join("cart:other", { onFrame: () => {} });
    const { id } = await connection.frames.next();
    connection.send({ type: "error", id, error: { code: "forbidden", message: "", retryable: false } });
    expect(await errors.next()).toMatchObject({ code: "forbidden" });
  });
});
