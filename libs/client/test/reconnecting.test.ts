import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { createMemoryStore } from "../src/index.ts";
import { startClients } from "./start-clients.ts";

const { hub, connected } = startClients();

/** A client on a page whose events the test fires. */
async function woken() {
  const listeners = new Map<string, () => void>();
  const addEventListener = (type: string, listener: () => void) => void listeners.set(type, listener);
  const events = { addEventListener, removeEventListener: () => {} };
  const document = { ...events, visibilityState: "visible" };
  const navigator = { onLine: true };
  const page = { ...events, document, navigator, location: { href: hub.url.replace("ws:", "http:") } };
  Reflect.set(globalThis, "window", page);
  try {
    const { connection } = await connected({ store: createMemoryStore() });
    return { connection, wake: (type: string) => listeners.get(type)?.() };
  } finally {
    Reflect.deleteProperty(globalThis, "window");
  }
}

describe("on reconnecting", () => {
  test("each room is joined by one frame, and no request is repeated", async () => {
    const { client, connection } = await connected();
    client.join("cart:x", { onFrame: () => {} });
    const asked = client.request("prediction_request", {});
    await connection.frames.atLeast(2);
    connection.cut();
    const next = await hub.connections.next();
    const { id } = await next.frames.find(({ type }) => type === "prediction_request");
    next.send({ type: "ack", id });
    await asked;
    void client.send("cart_event", { id: "last" });
    await next.frames.find((frame) => frame.id === "last");
    expect(next.frames.all.map(({ type }) => type).toSorted()).toEqual([
      "cart_event",
      "join_room",
      "prediction_request",
    ]);
  });

  test("of the network or the page, an apparently open connection is checked by a heartbeat", async () => {
    const { connection, wake } = await woken();
    wake("online");
    expect((await connection.frames.next()).type).toBe("heartbeat");
    wake("visibilitychange");
    expect((await connection.frames.next()).type).toBe("heartbeat");
  });

  test("without WebSockets, the event stream is tried", async () => {
    const tried = createEventLog<string>();
    let isBlocked = false;
    const { connection, client } = await connected({
      WebSocket: class extends WebSocket {
        constructor(asked: string, protocols: string[]) {
          tried.push(isBlocked ? "blocked" : "open");
          super(isBlocked ? "ws://127.0.0.1:1/" : asked, protocols);
        }
      },
    });
    const sse = createEventLog<string>();
    const original = globalThis.fetch;
    const spy = (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
      if (typeof input === "string") sse.push(input);
      return original(input, init);
    };
    globalThis.fetch = Object.assign(spy, { preconnect: original.preconnect });
    try {
      isBlocked = true;
      connection.cut();
      expect(await sse.next()).toContain("/ws/sse");
    } finally {
      globalThis.fetch = original;
      client.close();
    }
  });
});
