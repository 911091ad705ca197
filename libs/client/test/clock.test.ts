import { describe, expect, setSystemTime, test } from "bun:test";
import { createMemoryStore, type OutboxEntry } from "../src/index.ts";
import { startClients } from "./start-clients.ts";

const { hub, connected } = startClients();
const dayMs = 86_400_000;

describe("a clock that is wrong by a day", () => {
  test("does not cause repeated renewal of the credential", async () => {
    let asked = 0;
    hub.welcome({ expiresAt: Date.now() - dayMs + 3_600_000, expiresInMs: 3_600_000 });
    const { connection } = await connected({ credential: () => ({ token: `t${asked++}` }) });
    await Bun.sleep(30);
    expect(asked).toBe(1);
    expect(connection.frames.all).toEqual([]);
  });

  test("does not reorder messages, and neither does a clock that stands still", async () => {
    const kept: number[] = [];
    const store = {
      ...createMemoryStore(),
      put: async ({ queuedAt }: OutboxEntry) => void kept.push(queuedAt),
    };
    const { client } = await connected({ store });
    setSystemTime(new Date(2_000_000_000_000));
    for (const id of ["c", "b"]) void client.send("cart_event", { id });
    setSystemTime(new Date(1_900_000_000_000));
    void client.send("cart_event", { id: "a" });
    setSystemTime();
    expect(kept).toEqual([2_000_000_000_000, 2_000_000_000_001, 2_000_000_000_002]);
  });

  test("does not drop a message at its first refusal", async () => {
    const store = createMemoryStore();
    const queuedAt = Date.now() - dayMs - 1;
    await store.put({ id: "old", type: "cart_event", payload: {}, sessionId: "s".repeat(16), queuedAt });
    const { client, connection } = await connected({ store });
    const { id } = await connection.frames.next();
    const error = { code: "overloaded", message: "later", retryable: true };
    connection.send({ type: "error", id, error });
    expect((await connection.frames.next()).id).toBe("old");
    setSystemTime(Date.now() + dayMs);
    connection.send({ type: "error", id, error });
    expect((await connection.frames.next()).id).toBe("old");
    setSystemTime();
    connection.send({ type: "ack", id });
    expect(client.state.queued).toBe(1);
  });
});

test("a credential shorter than its renewal time is renewed at half its life", async () => {
  let asked = 0;
  hub.welcome({ expiresAt: Date.now() + 2200, expiresInMs: 2200 });
  const { connection } = await connected({ credential: () => ({ token: `t${asked++}` }) });
  await Bun.sleep(20);
  expect(asked).toBe(1);
  await connection.frames.find(({ type }) => type === "reauth");
  expect(asked).toBe(2);
});
