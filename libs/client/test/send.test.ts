import { describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { createMemoryStore, type OutboxEntry, type OutboxStore } from "../src/index.ts";
import { startClients } from "./start-clients.ts";

const { hub, create, connected } = startClients();
const busy = { code: "overloaded", message: "later", retryable: true };

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

  test("resolves both of two messages with the same id", async () => {
    const { client, connection } = await connected();
    const [first, second] = [1, 2].map((items) => client.send("cart_event", { id: "twice", items }));
    await connection.frames.atLeast(2);
    connection.send({ type: "ack", id: "twice" });
    await first;
    const error = { code: "conflict", message: "another payload", retryable: false };
    connection.send({ type: "error", id: "twice", error });
    expect(second).rejects.toMatchObject({ code: "conflict" });
    await waitUntil(() => client.state.queued === 0);
  });

  test("rejects with a final error, and the next message proceeds", async () => {
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

  test("resends under the same id after a retryable error", async () => {
    const { client, connection } = await connected();
    const sent = client.send("cart_event", {});
    const { id } = await connection.frames.next();
    const error = { code: "overloaded", message: "later", retryable: true, retryAfterMs: 30 };
    connection.send({ type: "error", id, error });
    expect((await connection.frames.next()).id).toBe(id);
    connection.send({ type: "ack", id });
    await sent;
  });

  test("resends everything unanswered, in order, after a lost connection", async () => {
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

  test("keeps the order: the next batch waits for the answers to the last", async () => {
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

  test("keeps the order within a cart whose message keeps failing, and delays no other cart", async () => {
    const { client, connection } = await connected();
    const event = (cartId: string, id: string) => client.send("cart_event", { cartId, id });
    void event("a", "a-1");
    await connection.frames.atLeast(1);
    connection.send({ type: "error", id: "a-1", error: { ...busy, retryAfterMs: 3_600_000 } });
    void event("a", "a-2");
    const others = ["b-1", "b-2"].map((id) => event("b", id));
    expect((await connection.frames.atLeast(3)).map(({ id }) => id)).toEqual(["a-1", "b-1", "b-2"]);
    for (const id of ["b-1", "b-2"]) connection.send({ type: "ack", id });
    await Promise.all(others);
    expect(client.state.queued).toBe(2);
    connection.cut();
    const again = await hub.connections.next();
    expect((await again.frames.atLeast(2)).map(({ id }) => id)).toEqual(["a-1", "a-2"]);
  });

  test("keeps the order by a configurable key", async () => {
    const { client, connection } = await connected({ keyOf: ({ type }) => type });
    void client.send("slow", { id: "slow-1" });
    await connection.frames.atLeast(1);
    void client.send("slow", { id: "slow-2" });
    void client.send("quick", { id: "quick-1" });
    expect((await connection.frames.atLeast(2)).map(({ id }) => id)).toEqual(["slow-1", "quick-1"]);
    connection.send({ type: "ack", id: "slow-1" });
    expect((await connection.frames.atLeast(3)).at(-1)?.id).toBe("slow-2");
  });

  test("drops a message after its maximum of attempts with the reason, and the next of its cart proceeds", async () => {
    const drops = createEventLog<unknown>();
    const { client, connection } = await connected({
      giveUp: { attempts: 2 },
      onDrop: ({ id, payload }, { code }) => drops.push({ id, payload, code }),
    });
    const sent = client.send("cart_event", { cartId: "a", id: "never" });
    void client.send("cart_event", { cartId: "a", id: "next" });
    await connection.frames.atLeast(2);
    for (const id of ["never", "next"]) connection.send({ type: "error", id, error: busy });
    await connection.frames.atLeast(4);
    connection.send({ type: "ack", id: "next" });
    connection.send({ type: "error", id: "never", error: busy });
    expect(sent).rejects.toMatchObject({ code: "dropped", message: "Given up: later", details: busy });
    await sent.catch(() => undefined);
    expect(await drops.next()).toEqual({
      id: "never",
      payload: { cartId: "a", id: "never" },
      code: "dropped",
    });
    expect(client.state.queued).toBe(0);
  });

  test("drops messages refused for too long, not merely old ones, and reports them", async () => {
    const store = createMemoryStore();
    const old = {
      type: "cart_event",
      payload: {},
      sessionId: "s".repeat(16),
      queuedAt: Date.now() - 86_400_001,
    };
    for (const id of ["taken", "refused"]) await store.put({ ...old, id });
    const errors = createEventLog<unknown>();
    const giveUp = { afterMs: 1 };
    const { client, connection } = await connected({ store, onError: errors.push, giveUp });
    expect((await connection.frames.atLeast(2)).map(({ id }) => id)).toEqual(["taken", "refused"]);
    connection.send({ type: "ack", id: "taken" });
    connection.send({ type: "error", id: "refused", error: busy });
    expect((await connection.frames.atLeast(3)).at(-1)?.id).toBe("refused");
    expect(errors.all).toEqual([]);
    await Bun.sleep(2);
    connection.send({ type: "error", id: "refused", error: busy });
    expect(await errors.next()).toMatchObject({ code: "dropped" });
    expect(client.state.queued).toBe(0);
    expect(await store.load()).toEqual([]);
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

  test("drops the oldest of a full queue, or refuses the newest, and rejects its promise", async () => {
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

  test("counts a message as kept only while it is in the store", async () => {
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

  test("waits a bounded time for a store that never answers, and sends its content if it answers later", async () => {
    const loaded = Promise.withResolvers<OutboxEntry[]>();
    const { client, connection } = await connected({
      store: { ...createMemoryStore(), load: () => loaded.promise },
    });
    const sent = client.send("cart_event", { id: "new" });
    expect((await connection.frames.next()).id).toBe("new");
    connection.send({ type: "ack", id: "new" });
    await sent;
    loaded.resolve([{ id: "left", type: "cart_event", payload: {}, sessionId: "s".repeat(16), queuedAt: 1 }]);
    expect((await connection.frames.next()).id).toBe("left");
  });

  test("works without a failing store, and reports it", async () => {
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
