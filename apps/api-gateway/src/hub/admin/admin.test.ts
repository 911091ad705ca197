import { afterAll, expect, test } from "bun:test";
import { createMemoryBroker } from "@libs/messaging";
import { waitUntil } from "@libs/testing";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";
import { closeConnections, prepareToSend, sendToConnections } from "./act-on-connections.ts";
import { findAnywhere } from "./find-anywhere.ts";
import { findConnections } from "./find-connections.ts";
import { hubStatus } from "./hub-status.ts";
import { listMembers, listRooms } from "./list-rooms.ts";

const endpoints = [
  {
    path: "/ws",
    authenticate: { with: ["platform"], anonymous: true },
    rooms: { pattern: "lobby:{any}", presence: true },
  },
];
// two hubs on one broker are two instances to each other
const broker = createMemoryBroker();
const first = startHub({ hub: { endpoints }, broker: { ...broker, instanceId: "first" } });
const second = startHub({ hub: { endpoints }, broker: { ...broker, instanceId: "second" } });
await Promise.all([first.hub.start(), second.hub.start()]);
afterAll(async () => {
  await first.stop();
  await second.stop();
});
const { context } = first.hub;
const ana = await connect(`${first.url}/ws`, { headers: { authorization: "Bearer user-ana" } });
const ben = await connect(`${second.url}/ws`, { headers: { authorization: "Bearer user-ben" } });
const nobody = await connect(`${first.url}/ws`);
await ana.ask({
  type: "join_room",
  id: "j",
  sessionId: "session-0123456789-wxyz",
  payload: { room: "lobby:a" },
});
await ben.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });

test("connections are found by id, user, session, room and address", () => {
  const [found] = findConnections(context, { userId: "ana" }, 10).connections;
  expect(found).toMatchObject({
    instanceId: "first",
    endpoint: "/ws",
    userId: "ana",
    identity: "platform",
    sessionId: "session-0123456789-wxyz",
    rooms: ["lobby:a"],
    framesReceived: 1,
    framesPending: 0,
    state: "open",
  });
  expect(findConnections(context, { id: found?.id ?? "" }, 10).connections.length).toBe(1);
  expect(findConnections(context, { id: "none" }, 10).connections).toEqual([]);
  expect(findConnections(context, { room: "lobby:a" }, 10).connections.length).toBe(1);
  expect(findConnections(context, { ip: "127.0.0.1", endpoint: "/ws" }, 10).connections.length).toBe(2);
  expect(findConnections(context, { endpoint: "/other" }, 10).connections).toEqual([]);
  expect(findConnections(context, {}, 1)).toMatchObject({ isTruncated: true });
});

test("connections of any instance can be listed, written to and closed", async () => {
  const page = await findAnywhere(context, { userId: "ben" }, { limit: 10, waitMs: 20 });
  expect(page.connections.map(({ instanceId }) => instanceId)).toEqual(["second"]);
  const target = { by: "connection", id: page.connections[0]?.id ?? "" } as const;
  const prepared = prepareToSend({ type: "notice", payload: { text: "hello" } });
  const { id } = prepared;
  await sendToConnections(context, target, prepared);
  expect(await ben.frames.find((frame) => frame.type === "notice")).toMatchObject({
    id,
    payload: { text: "hello" },
  });
  await closeConnections(context, target, "forcedReconnect");
  expect((await ben.closed).code).toBe(3011);
});

test("rooms, their members and the hub's counters are listed", async () => {
  expect(listRooms(context, { prefix: "room:", limit: 10 })).toEqual([
    { channel: "room:lobby:a", members: 1, offset: 0 },
  ]);
  await waitUntil(async () => (await listMembers(context, "room:lobby:a", 10)).count === 1);
  expect(hubStatus(context)).toMatchObject({
    instanceId: "first",
    broker: "up",
    isDraining: false,
    connections: 2,
    connectionsByEndpoint: { "/ws": 2 },
    sessions: 1,
    rooms: 2,
    framesInFlight: 0,
    bytesQueued: 0,
  });
  await nobody.close();
});
