import { afterAll, expect, test } from "bun:test";
import { frameOf, openRaw } from "@libs/testing";
import type { HubClient } from "../../../test/hub/hub-client.ts";
import { startRooms } from "../../../test/hub/start-rooms.ts";

const rooms = startRooms({ coalesceMs: 2 });
afterAll(() => rooms.stop());
const { fixture, publisher, open, join } = rooms;
const { context } = fixture.hub;

const ticksOf = (client: HubClient) => client.frames.all.filter((frame) => frame.type === "tick");

/** Members of a room whose frames wait until the test releases them. */
async function holding(name: string, count: number): Promise<readonly HubClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => open()));
  for (const client of clients) await join(client, name);
  const room = context.rooms.get(`room:${name}`);
  if (room === undefined) throw new Error("the room is not held");
  context.rooms.flush();
  room.coalesceMs = 3_600_000;
  return clients;
}

const publish = (name: string, id: string, payload?: unknown) =>
  publisher.publish(`room:${name}`, { type: "tick", id, payload });

test.each([
  ["few", 2],
  ["many", 6],
])("frames within the interval reach each of %s members in one write, in order", async (label, count) => {
  const name = `lobby:gathered-${label}`;
  const raw = await openRaw(Number(new URL(fixture.http).port));
  raw.write(frameOf(JSON.stringify({ type: "join_room", id: "join", payload: { room: name } })));
  await raw.frames.find(({ payload }) => payload.includes('"ack"'));
  const clients = await holding(name, count - 1);
  raw.write(frameOf('{"type":"heartbeat","id":"so-far"}'));
  await raw.frames.find(({ payload }) => payload.includes("so-far"));
  const reads = raw.reads();
  for (let index = 1; index <= 20; index++) await publish(name, `t-${index}`);
  for (const client of clients) {
    expect((await client.ask({ type: "heartbeat", id: "asked" })).type).toBe("ack");
    expect(ticksOf(client)).toEqual([]);
  }
  expect(raw.reads()).toBe(reads);
  context.rooms.flush();
  await raw.frames.find(({ payload }) => payload.includes('"t-20"'));
  expect(raw.reads()).toBe(reads + 1);
  raw.end();
  for (const client of clients) {
    await client.frames.find((frame) => frame.id === "t-20");
    expect(ticksOf(client).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    await client.close();
  }
});

test("waiting frames are sent when the interval ends", async () => {
  const client = await open();
  await join(client, "lobby:timed");
  await publish("lobby:timed", "t-1");
  await publish("lobby:timed", "t-2");
  await client.frames.find((frame) => frame.id === "t-2");
  expect(ticksOf(client).map(({ id }) => id)).toEqual(["t-1", "t-2"]);
  await client.close();
});

test("a new member gets no earlier frames, and a leaving member gets all earlier ones", async () => {
  const name = "lobby:changing";
  const clients = await holding(name, 4);
  await publish(name, "before");
  const late = await open();
  const { joined } = await join(late, name);
  expect(joined).toMatchObject({ room: name, recovered: false });
  await publish(name, "between");
  const [leaver] = clients;
  const { type } = (await leaver?.ask({ type: "leave_room", id: "leave", payload: { room: name } })) ?? {};
  expect(type).toBe("ack");
  await publish(name, "after");
  context.rooms.flush();
  await late.frames.find((frame) => frame.id === "after");
  expect(ticksOf(late).map(({ id }) => id)).toEqual(["between", "after"]);
  expect(leaver === undefined ? [] : ticksOf(leaver).map(({ id }) => id)).toEqual(["before", "between"]);
  await Promise.all([late, ...clients].map((client) => client.close()));
});

test("a member that recovers gets each frame once, including waiting ones", async () => {
  const name = "lobby:recovered";
  const clients = await holding(name, 4);
  await publish(name, "t-1");
  const epoch = context.rooms.get(`room:${name}`)?.position?.epoch;
  const late = await open();
  const { joined } = await join(late, name, { since: { epoch, offset: 0 } });
  expect(joined).toMatchObject({ recovered: true });
  await publish(name, "t-2");
  context.rooms.flush();
  await late.frames.find((frame) => frame.id === "t-2");
  expect(ticksOf(late).map(({ id }) => id)).toEqual(["t-1", "t-2"]);
  await Promise.all([late, ...clients].map((client) => client.close()));
});

test("waiting bytes are bounded: above 256 KiB they are sent at once", async () => {
  const name = "lobby:large";
  const [client] = await holding(name, 1);
  const payload = "x".repeat(100_000);
  for (let index = 1; index <= 3; index++) await publish(name, `large-${index}`, payload);
  await client?.frames.find((frame) => frame.id === "large-3");
  await client?.close();
});

test("a drain sends waiting frames before it closes", async () => {
  const own = startRooms({ coalesceMs: 100 });
  const client = await own.open();
  await own.join(client, "lobby:drained");
  await own.publisher.publish("room:lobby:drained", { type: "tick", id: "waits" });
  await own.fixture.hub.drain();
  await client.frames.find((frame) => frame.type === "reconnect");
  const kinds = client.frames.all
    .map((frame) => frame.type)
    .filter((type) => type === "tick" || type === "reconnect");
  expect(kinds).toEqual(["tick", "reconnect"]);
  await own.stop();
});

test("joining a room again returns its position only after its waiting frames", async () => {
  const [client] = await holding("lobby:again", 1);
  if (client === undefined) throw new Error("no client");
  await publish("lobby:again", "t-1");
  await join(client, "lobby:again");
  const told = client.frames.all.filter(({ type }) => type === "tick" || type === "room_joined");
  expect(told.map(({ type }) => type)).toEqual(["room_joined", "tick", "room_joined"]);
  expect(told.at(-1)?.payload?.["offset"]).toBe(1);
});
