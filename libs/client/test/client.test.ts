import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import {
  type Cartway,
  type CartwayOptions,
  type CartwayState,
  createCartway,
  createMemoryStore,
  type OutboxStore,
} from "../src/index.ts";
import type { HubFrame } from "../src/wire.ts";
import { type ScriptedHub, startScriptedHub } from "./scripted-hub.ts";

let hub: ScriptedHub;
const open: Cartway[] = [];
beforeAll(() => void (hub = startScriptedHub()));
afterAll(() => hub.stop());
afterEach(() => {
  hub.welcome({});
  for (const client of open.splice(0)) client.close();
});

function create(options: Partial<CartwayOptions> = {}) {
  const states = createEventLog<CartwayState>();
  const client = createCartway({ url: hub.url, backoffMaxMs: 20, onState: states.push, ...options });
  open.push(client);
  return { client, states };
}

async function connected(options: Partial<CartwayOptions> = {}) {
  const { client, states } = create(options);
  const connection = await hub.connections.next();
  await states.find((state) => state.connection.status === "open");
  return { client, states, connection };
}

describe("send", () => {
  test("resolves with the ack of its own id", async () => {
    const { client, connection } = await connected();
    const sent = client.send("cart_event", { type: "view_page" });
    const frame = await connection.frames.next();
    expect(frame).toMatchObject({
      type: "cart_event",
      payload: { type: "view_page" },
      sessionId: client.sessionId,
    });
    expect(client.state.queued).toBe(1);
    connection.send({ type: "ack", id: frame.id });
    await sent;
    expect(client.state.queued).toBe(0);
  });

  test("keeps the payload's own id", async () => {
    const { client, connection } = await connected();
    void client.send("cart_event", { id: "own-1" });
    expect((await connection.frames.next()).id).toBe("own-1");
  });

  test("rejects with a final error, and the next message goes on", async () => {
    const { client, connection } = await connected();
    const refused = client.send("cart_event", {});
    const { id } = await connection.frames.next();
    connection.send({
      type: "error",
      id,
      error: { code: "validation_failed", message: "no", retryable: false, details: [1] },
    });
    expect(refused).rejects.toMatchObject({ code: "validation_failed", retryable: false, details: [1] });
    await refused.catch(() => undefined);
    void client.send("cart_event", {});
    await connection.frames.next();
  });

  test("sends again under the same id after a retryable error", async () => {
    const { client, connection } = await connected();
    const sent = client.send("cart_event", {});
    const { id } = await connection.frames.next();
    const error = { code: "overloaded", message: "later", retryable: true, retryAfterMs: 30 };
    connection.send({ type: "error", id, error });
    expect((await connection.frames.next()).id).toBe(id);
    connection.send({ type: "ack", id });
    await sent;
  });

  test("sends everything unanswered again, in order, after a lost connection", async () => {
    const { client, connection } = await connected();
    const sent = ["a", "b", "c"].map((id) => client.send("cart_event", { id }));
    await connection.frames.atLeast(3);
    connection.send({ type: "ack", id: "a" });
    await sent[0];
    connection.cut();
    const next = await hub.connections.next();
    expect(next.url).toContain("resume=1");
    const again = await next.frames.atLeast(2);
    expect(again.map((frame) => frame.id)).toEqual(["b", "c"]);
    for (const id of ["b", "c"]) next.send({ type: "ack", id });
    await Promise.all(sent);
  });

  test("lets no message overtake an earlier one: the next flight waits for the answers to the last", async () => {
    const { client, connection } = await connected();
    void client.send("cart_event", { id: "first" });
    await connection.frames.next();
    void client.send("cart_event", { id: "second" });
    void client.send("cart_event", { id: "third" });
    await Bun.sleep(10);
    expect(connection.frames.all.length).toBe(1);
    connection.send({ type: "ack", id: "first" });
    expect((await connection.frames.atLeast(3)).map((frame) => frame.id)).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  test("keeps the queue for the next page", async () => {
    const store = createMemoryStore();
    const before = await connected({ store });
    void before.client.send("cart_event", { id: "kept" });
    await before.connection.frames.next();
    before.client.close();
    const after = await connected({ store });
    expect((await after.connection.frames.next()).id).toBe("kept");
    after.connection.send({ type: "ack", id: "kept" });
    await waitUntil(async () => (await store.load()).length === 0);
  });

  test("a full queue drops the oldest, or refuses the newest, and says so to the one it hit", async () => {
    const oldest = create({ url: "ws://127.0.0.1:1/", queueMax: 2 }).client;
    const dropped = oldest.send("cart_event", { id: "1" });
    void oldest.send("cart_event", { id: "2" });
    void oldest.send("cart_event", { id: "3" });
    expect(dropped).rejects.toMatchObject({ code: "dropped" });
    await dropped.catch(() => undefined);
    expect(oldest.state.queued).toBe(2);
    const newest = create({ url: "ws://127.0.0.1:1/", queueMax: 1, queueDrop: "newest" }).client;
    void newest.send("cart_event", { id: "1" });
    expect(newest.send("cart_event", { id: "2" })).rejects.toMatchObject({ code: "dropped" });
  });

  test("a message counts as kept only once the store has it, and no longer once it is answered", async () => {
    const memory = createMemoryStore();
    const written = Promise.withResolvers<void>();
    const store: OutboxStore = {
      ...memory,
      put: async (entry) => {
        await written.promise;
        await memory.put(entry);
      },
    };
    const { client, states, connection } = await connected({ store });
    const sent = client.send("cart_event", {});
    const { id } = await connection.frames.next();
    expect(client.state).toMatchObject({ queued: 1, kept: 0 });
    written.resolve();
    expect(await states.find(({ kept }) => kept === 1)).toMatchObject({ queued: 1 });
    connection.send({ type: "ack", id });
    await sent;
    expect(client.state).toMatchObject({ queued: 0, kept: 0 });
  });

  test("goes on without a store that fails, and tells of it", async () => {
    const errors = createEventLog<unknown>();
    const fails = () => Promise.reject(new Error("disk full"));
    const { client, connection } = await connected({
      store: { load: fails, put: fails, remove: fails },
      onError: errors.push,
    });
    const sent = client.send("cart_event", {});
    const { id } = await connection.frames.next();
    connection.send({ type: "ack", id });
    await sent;
    await errors.atLeast(3);
  });
});

describe("request", () => {
  test("resolves with the reply that came before the ack", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", { cartId: "c" });
    const { id } = await connection.frames.next();
    connection.send({ type: "prediction", id, payload: { probability: 0.5 } });
    connection.send({ type: "ack", id });
    expect(await asked).toEqual({ probability: 0.5 });
  });

  test("is asked again after a lost connection", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", {});
    const { id } = await connection.frames.next();
    connection.cut();
    const next = await hub.connections.next();
    expect((await next.frames.next()).id).toBe(id);
    next.send({ type: "ack", id });
    expect(await asked).toBeUndefined();
  });

  test("rejects with the hub's error, or when its time is over", async () => {
    const { client, connection } = await connected();
    const asked = client.request("prediction_request", {});
    const { id } = await connection.frames.next();
    connection.send({ type: "error", id, error: { code: "no_target", message: "", retryable: true } });
    expect(asked).rejects.toMatchObject({ code: "no_target" });
    expect(client.request("prediction_request", {}, { timeoutMs: 5 })).rejects.toMatchObject({
      code: "timeout",
    });
    await Bun.sleep(10);
  });
});

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

  test("gives each frame once and in order", async () => {
    const { connection, frames } = await joined();
    for (const offset of [1, 2, 2, 1, 3]) connection.send(frame(offset));
    connection.send({ type: "member_joined", room: "cart:x" });
    await frames.atLeast(4);
    expect(frames.all.map(({ offset }) => offset)).toEqual([1, 2, 3, undefined]);
  });

  test("is joined again from where it stood, and what was missed comes before what is new", async () => {
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

  test("tells of a gap where the hub cannot replay it", async () => {
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

  test("asks for what a jump of the offset left out", async () => {
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

  test("a gap that cannot be filled is told, and one that could not be asked for is found again", async () => {
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

  test("that may not be joined is told", async () => {
    const errors = createEventLog<unknown>();
    const { client, connection } = await connected({ onError: errors.push });
    client.join("cart:other", { onFrame: () => {} });
    const { id } = await connection.frames.next();
    connection.send({ type: "error", id, error: { code: "forbidden", message: "", retryable: false } });
    expect(await errors.next()).toMatchObject({ code: "forbidden" });
  });
});

describe("the connection", () => {
  test("brings a fresh credential each time, as subprotocol and never in the URL", async () => {
    let number = 0;
    const { connection } = await connected({ credential: () => ({ ticket: `t${number++}` }) });
    expect(connection.protocols).toContain("ticket.t0");
    connection.cut();
    const next = await hub.connections.next();
    expect(next.protocols).toContain("ticket.t1");
    expect(next.url).not.toContain("t1");
  });

  test("sends a fresh credential before the last one ends", async () => {
    hub.welcome({ expiresAt: Date.now() + 30_010 });
    const { connection } = await connected({ credential: async () => ({ token: "fresh" }) });
    const reauth = await connection.frames.find(({ type }) => type === "reauth");
    expect(reauth.payload).toEqual({ token: "fresh" });
    connection.send({ type: "reauth", payload: { expiresAt: null } });
  });

  test("tries again where the credential cannot be had", async () => {
    let number = 0;
    const { states } = create({
      credential() {
        if (number++ < 2) throw new Error("no network");
        return null;
      },
    });
    await states.find((state) => state.connection.status === "open");
    expect(number).toBe(3);
    await hub.connections.next();
  });

  test("asks for a sign of life after a silence, and an answer keeps it", async () => {
    hub.welcome({ heartbeatMs: 10 });
    const { connection, states } = await connected();
    await connection.frames.find(({ type }) => type === "heartbeat");
    connection.send({ type: "heartbeat" });
    await connection.frames.atLeast(2);
    expect(states.all.at(-1)?.connection.status).toBe("open");
  });

  test("comes back after 3001 not before the hint, and stays away after 3507 with the reason", async () => {
    const { connection, states } = await connected();
    const toldAt = Date.now();
    connection.send({ type: "reconnect", payload: { afterMs: 30 } });
    connection.close(3001, "shutdown");
    const waiting = await states.find((state) => state.connection.status === "waiting");
    if (waiting.connection.status !== "waiting") throw new Error("narrowing");
    expect(waiting.connection.until).toBeGreaterThanOrEqual(toldAt + 30);
    const next = await hub.connections.next();
    next.close(3507, "revoked");
    const closed = await states.find((state) => state.connection.status === "closed");
    expect(closed.connection).toEqual({ status: "closed", code: 3507, reason: "revoked" });
  });

  test("gives frames of the user's own channel to the page, and passes over what is no frame", async () => {
    const frames = createEventLog<HubFrame>();
    const { connection } = await connected({ onFrame: frames.push });
    connection.send([1]);
    connection.send({ type: "offer", payload: { percent: 5 } });
    expect(await frames.next()).toEqual({ type: "offer", payload: { percent: 5 } });
  });
});
