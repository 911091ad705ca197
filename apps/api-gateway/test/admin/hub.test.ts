import { afterAll, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { connect } from "../hub/hub-client.ts";
import { startAdminGateway } from "./start-admin.ts";

const admin = await startAdminGateway({
  hub: {
    endpoints: [
      { path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "lobby:{any}", presence: true } },
    ],
  },
});
const first = await connect(`${admin.url}/ws`);
const second = await connect(`${admin.url}/ws`);
await first.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
afterAll(() => admin[Symbol.asyncDispose]());
const ask = async (path: string) => (await admin.ask("GET", path)).body;

test("the hub's connections, rooms and members are listed", async () => {
  expect(await ask("/hub")).toMatchObject({
    connections: 2,
    connectionsByEndpoint: { "/ws": 2 },
    isDraining: false,
  });
  expect((await ask("/hub/connections?endpoint=/ws&waitMs=0")).connections).toHaveLength(2);
  expect(await ask("/hub/connections?room=lobby:a")).toMatchObject({
    connections: [{ rooms: ["lobby:a"], ip: "127.0.0.1" }],
    isTruncated: false,
  });
  expect(await ask("/hub/connections?limit=1&waitMs=0")).toMatchObject({ isTruncated: true });
  expect((await ask("/hub/connections?userId=nobody&waitMs=0")).connections).toEqual([]);
  expect(await ask("/hub/rooms?prefix=room:lobby")).toEqual({
    rooms: [{ channel: "room:lobby:a", members: 1, offset: 0 }],
  });
  expect(await ask("/hub/presence?channel=room:lobby:a")).toMatchObject({ count: 1 });
});

test("rates per second are measured over a short time", async () => {
  const measured = new AbortController();
  // at a pace below the hub's limit on a connection's frames, which a fast machine reaches before the first measurement is over
  const beat = async (): Promise<void> => {
    for (let count = 0; !measured.signal.aborted; count += 1) {
      await first.ask({ type: "heartbeat", id: `h${count}` });
      await Bun.sleep(1);
    }
  };
  const measure = async (): Promise<boolean> => {
    const { perSec } = await ask("/hub/rates?windowMs=300");
    return Object.entries<number>(perSec).some(
      ([series, rate]) => series.includes('type="heartbeat"') && rate > 0,
    );
  };
  const beating = beat();
  await waitUntil(measure, { what: "a rate of heartbeats" }).finally(() => measured.abort());
  await beating;
});

test("sending a frame and closing a connection are audited with the affected user", async () => {
  const [meant] = (await ask("/hub/connections?room=lobby:a&waitMs=0")).connections;
  const target = { by: "connection", id: meant.id };
  const sent = await admin.ask("POST", "/hub/send", {
    target,
    frame: { type: "notice", payload: { text: "hi" } },
  });
  expect(sent).toMatchObject({ status: 202, body: { target } });
  expect(await first.frames.find((frame) => frame.type === "notice")).toMatchObject({
    id: sent.body.id,
    payload: { text: "hi" },
  });
  const closed = await admin.ask("POST", "/hub/close", { target, reason: "forcedReconnect" });
  expect(closed.status).toBe(202);
  expect((await first.closed).code).toBe(3011);
  expect((await ask("/hub")).connections).toBe(1);
  const acts = admin.log.lines.filter((line) => "audit" in line);
  expect(acts).toMatchObject([
    {
      audit: "hub.send",
      actor: "the admin token",
      subject: `connection ${meant.id}`,
      after: { type: "notice" },
    },
    {
      audit: "hub.close",
      before: [`${meant.id} of nobody at 127.0.0.1`],
      after: { closed: "forcedReconnect" },
    },
  ]);
  await second.close();
});

test("an invalid target is refused", async () => {
  const target = { by: "everybody", id: "x" };
  expect((await admin.ask("POST", "/hub/close", { target })).status).toBe(422);
  expect((await admin.ask("POST", "/hub/send", { target: { by: "user", id: "x" } })).status).toBe(422);
  const login = { by: "login", id: "nobody-has-it" };
  expect((await admin.ask("POST", "/hub/close", { target: login })).body).toMatchObject({ seen: null });
});

test("a frame of a built-in type is refused with the reason, and not audited as sent", async () => {
  const target = { by: "connection", id: "anybody" };
  const before = admin.log.lines.filter((line) => line["audit"] === "hub.send").length;
  for (const type of ["ack", "error", "room_joined", "welcome", "reconnect"]) {
    const refused = await admin.ask("POST", "/hub/send", { target, frame: { type } });
    expect([type, refused.status, refused.body.error.message]).toEqual([
      type,
      400,
      `${type} is a type of the hub's own.`,
    ]);
  }
  expect(admin.log.lines.filter((line) => line["audit"] === "hub.send")).toHaveLength(before);
});
