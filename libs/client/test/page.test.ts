import { afterEach, beforeEach, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { type CartwayState, createCartway, createMemoryStore } from "../src/index.ts";
import { type ScriptedHub, startScriptedHub } from "./scripted-hub.ts";

/** The parts of a page that the client touches. What a browser really does is tested in one, in the gateway's tests. */
function fakePage(href: string) {
  const listeners = new Map<string, Set<() => void>>();
  const events = {
    addEventListener: (type: string, listener: () => void, { signal }: { readonly signal: AbortSignal }) => {
      const ofType = (listeners.get(type) ?? new Set()).add(listener);
      listeners.set(type, ofType);
      signal.addEventListener("abort", () => ofType.delete(listener));
    },
  };
  const beacons: [url: string, body: Blob][] = [];
  return {
    ...events,
    beacons,
    listeners,
    fire: (type: string) => {
      for (const listener of listeners.get(type) ?? []) listener();
    },
    navigator: { onLine: true, sendBeacon: (url: string, body: Blob) => beacons.push([url, body]) > 0 },
    document: { ...events, visibilityState: "visible" },
    location: { href },
    get localStorage(): never {
      throw new Error("SecurityError");
    },
  };
}

let hub: ScriptedHub;
let page: ReturnType<typeof fakePage>;
beforeEach(() => {
  hub = startScriptedHub();
  page = fakePage(hub.url.replace("ws:", "http:"));
  Reflect.set(globalThis, "window", page);
});
afterEach(async () => {
  Reflect.deleteProperty(globalThis, "window");
  await hub.stop();
});

test("a credential that fails late does not disturb the connection that was opened meanwhile", async () => {
  const late = Promise.withResolvers<null>();
  const credentials: Promise<null>[] = [late.promise];
  const states = createEventLog<CartwayState>();
  const errors = createEventLog<unknown>();
  const client = createCartway({
    url: "/ws",
    store: createMemoryStore(),
    credential: () => credentials.shift() ?? null,
    onState: states.push,
    onError: errors.push,
  });
  await states.find(({ connection }) => connection.status === "connecting");
  page.fire("visibilitychange");
  await states.find(({ connection }) => connection.status === "open");
  late.reject(new Error("too late"));
  expect(String(await errors.next())).toBe("Error: too late");
  expect(client.state.connection.status).toBe("open");
  client.close();
});

test("a page waits for the network, reconnects with it, posts its queue when it is left, and removes its listeners", async () => {
  const states = createEventLog<CartwayState>();
  const client = createCartway({
    url: "/ws",
    store: createMemoryStore(),
    onState: states.push,
    beacon: { type: "cart_event", url: "/api/events" },
  });
  await hub.connections.next();
  await states.find(({ connection }) => connection.status === "open");
  page.navigator.onLine = false;
  page.fire("offline");
  await states.find(({ connection }) => connection.status === "offline");
  void client.send("cart_event", { id: "queued" });
  page.fire("visibilitychange");
  expect(client.state).toMatchObject({ connection: { status: "offline" }, queued: 1 });
  page.fire("pagehide");
  expect(await page.beacons[0]?.[1].json()).toEqual([{ id: "queued", sessionId: client.sessionId }]);
  page.navigator.onLine = true;
  page.fire("online");
  const back = await hub.connections.next();
  expect((await back.frames.next()).id).toBe("queued");
  client.close();
  expect([...page.listeners.values()].every((set) => set.size === 0)).toBe(true);
});
