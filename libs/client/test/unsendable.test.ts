import { describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { createMemoryStore } from "../src/index.ts";
import { startClients } from "./start-clients.ts";

const { hub, create, connected } = startClients();

describe("a message that the hub could never answer", () => {
  test("is rejected at once if it exceeds the hub's limit, and does not close the connection", async () => {
    hub.welcome({ frameBytesMax: 1000 });
    const store = createMemoryStore();
    const { client, connection } = await connected({ store });
    const refused = client.send("cart_event", { items: "é".repeat(500) });
    expect(refused).rejects.toMatchObject({ code: "too_large", retryable: false });
    await refused.catch(() => undefined);
    void client.send("cart_event", { id: "next" });
    expect((await connection.frames.next()).id).toBe("next");
    await waitUntil(async () => (await store.load()).length === 1);
  });

  test("is dropped if an earlier page queued it, and does not block others", async () => {
    hub.welcome({ frameBytesMax: 1000 });
    const store = createMemoryStore();
    const entry = { type: "cart_event", sessionId: "s".repeat(16) };
    await store.put({ ...entry, id: "large", payload: { text: "x".repeat(1000) }, queuedAt: 1 });
    await store.put({ ...entry, id: "small", payload: {}, queuedAt: 2 });
    const errors = createEventLog<unknown>();
    const { connection } = await connected({ store, onError: errors.push });
    expect((await connection.frames.next()).id).toBe("small");
    expect(await errors.next()).toMatchObject({ code: "too_large" });
  });

  test.each(["order 12", "bestellung-ü", 'a"b', "x".repeat(129), ""])(
    "gets a generated id if the payload's is invalid: %s",
    async (own) => {
      const { client, connection } = await connected();
      void client.send("cart_event", { id: own });
      const { id, payload } = await connection.frames.next();
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(payload).toEqual({ id: own });
    },
  );

  test("is rejected at once as a request, too", async () => {
    hub.welcome({ frameBytesMax: 1000 });
    const { client } = await connected();
    const asked = client.request("prediction_request", { text: "x".repeat(1000) });
    expect(asked).rejects.toMatchObject({ code: "too_large" });
    await asked.catch(() => undefined);
  });
});

describe("a socket that cannot be created", () => {
  test("because its token is not valid in a subprotocol is reported, and retried with the next token", async () => {
    const errors = createEventLog<unknown>();
    let number = 0;
    const { states } = create({
      onError: errors.push,
      credential: () => ({ token: number++ === 0 ? "not a token" : "good" }),
    });
    await errors.next();
    await states.find(({ connection }) => connection.status === "open");
    expect((await hub.connections.next()).protocols).toContain("bearer.good");
  });
});
