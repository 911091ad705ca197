import { expect, test } from "bun:test";
import { sendBeacons } from "../src/browser/beacon.ts";
import { createIndexedDbStore } from "../src/browser/indexeddb-store.ts";
import { keptSessionId } from "../src/browser/session-id.ts";
import { afterClose, closeCodes, isToken } from "@libs/messaging";
import { createId, isFinal, readFrame } from "../src/wire.ts";

test("a session id is created once and stored, and unguessable without storage", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const first = keptSessionId(storage);
  expect(keptSessionId(storage)).toBe(first);
  const forbidden = {
    getItem: () => {
      throw new Error("SecurityError");
    },
    setItem: () => {},
  };
  expect(keptSessionId(forbidden)).not.toBe(keptSessionId(undefined));
});

test("ids are UUIDv7 in the order of creation, and valid in the hub's protocol", () => {
  const ids = [1_800_000_000_000, 1_800_000_000_001, 1_900_000_000_000].map(createId);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids.every(isToken)).toBe(true);
  expect(parseInt((ids[0] ?? "").replaceAll("-", "").slice(0, 12), 16)).toBe(1_800_000_000_000);
});

test("beacons carry payloads of their type with id and session, in bodies that need no CORS preflight", async () => {
  const bodies: Blob[] = [];
  const entry = (id: string, payload: object) => ({
    id,
    type: "cart_event",
    payload,
    sessionId: "s",
    queuedAt: 0,
  });
  const entries = [
    entry("a", { id: "own" }),
    { ...entry("b", {}), type: "other" },
    entry("c", { text: "x".repeat(25_000) }),
  ];
  sendBeacons(entries, { type: "cart_event", url: "/api/events" }, (_url, body) => bodies.push(body) > 0);
  const parsed = await Promise.all(bodies.map((body) => body.json()));
  expect(parsed.flat().map(({ id, sessionId }) => [id, sessionId])).toEqual([
    ["own", "s"],
    ["c", "s"],
  ]);
  expect(bodies.length).toBe(2);
  expect(bodies.every((body) => body.size < 65_536)).toBe(true);
  // any other type would be asked for first (CORS), which a page that is being left does not live to see
  expect(bodies.every((body) => body.type.startsWith("text/plain"))).toBe(true);
});

test("a beacon's event is what the hub passes on for the same message, to the order of its fields", async () => {
  const entries = [{ a: 1 }, { sessionId: "own", a: 1 }].map((payload, index) => ({
    id: `e-${index}`,
    type: "cart_event",
    payload,
    sessionId: "s",
    queuedAt: 0,
  }));
  const bodies: Blob[] = [];
  sendBeacons(entries, { type: "cart_event", url: "/api/events" }, (_url, body) => bodies.push(body) > 0);
  expect(await bodies[0]?.text()).toBe(
    '[{"a":1,"id":"e-0","sessionId":"s"},{"sessionId":"own","a":1,"id":"e-1"}]',
  );
});

test("a database that the browser closed is opened again for the next message", async () => {
  let opened = 0;
  const events = { addEventListener: () => {}, removeEventListener: () => {} };
  const done = (type: string, listener: () => void) => void (type === "complete" && listener());
  const request = { ...events, result: [], error: null };
  const store = { getAll: () => request, put: () => request, delete: () => request };
  const open = () => {
    opened += 1;
    const isGone = opened === 1;
    const transaction = () => {
      if (isGone) throw new Error("InvalidStateError");
      return { ...events, addEventListener: done, error: null, objectStore: () => store };
    };
    const result = { ...events, createObjectStore: () => undefined, transaction };
    const whenOpen = (type: string, listener: () => void) =>
      void (type === "success" && queueMicrotask(listener));
    return { ...events, addEventListener: whenOpen, result, error: null };
  };
  const queue = createIndexedDbStore(() => ({ open }), "queue");
  await expect(queue.load()).rejects.toThrow("InvalidStateError");
  expect(await queue.load()).toEqual([]);
  expect(opened).toBe(2);
});

test("the reaction to a close code matches the hub's table", () => {
  for (const { code, after } of Object.values(closeCodes)) expect(isFinal(code)).toBe(after === "stop");
  for (const code of [1000, 1001, 1002, 1006, 1009, 1011, 3499, 3500, 3999, 4000]) {
    expect(isFinal(code)).toBe(afterClose(code) === "stop");
  }
});

test("anything that is not a frame is ignored", () => {
  for (const data of ["", "1", "null", "{}", "<html>", new ArrayBuffer(1)])
    expect(readFrame(data)).toBeNull();
  expect(readFrame('{"type":"ack","id":"a"}')).toEqual({ type: "ack", id: "a" });
});
