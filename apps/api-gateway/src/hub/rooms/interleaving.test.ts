import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Broker, createMemoryBroker, type HistoryRead } from "@libs/messaging";
import { waitUntil } from "@libs/testing";
import { connect, type HubClient } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";

const endpoints = [
  { path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "lobby:{any}", presence: true } },
];
const inner = createMemoryBroker();
/** Read by the store, but not received by the hub yet. */
const answers: (() => void)[] = [];
let isHeld = false;
const broker: Broker = {
  ...inner,
  async history(channel, since, limit): Promise<HistoryRead> {
    const read = await inner.history(channel, since, limit);
    if (isHeld) await new Promise<void>((resolve) => void answers.push(resolve));
    return read;
  },
};
let fixture: HubFixture;
let client: HubClient;
let room = "";

beforeEach(async () => {
  fixture = startHub({ hub: { endpoints }, broker });
  client = await connect(`${fixture.url}/ws`);
  room = `lobby:${crypto.randomUUID()}`;
});
afterEach(async () => {
  isHeld = false;
  for (const answer of answers.splice(0)) answer();
  await fixture.stop();
});

const tick = (id: string) => fixture.hub.publisher.publish(`room:${room}`, { type: "tick", id });

async function standing(): Promise<unknown> {
  const { position } = await inner.history(`room:${room}`, null, 0);
  return position;
}

describe("a frame published while a member recovers", () => {
  test("is part of the recovered frames if it was published before the answer", async () => {
    const since = await standing();
    await client.ask({ type: "join_room", id: "j", payload: { room } });
    await tick("1");
    isHeld = true;
    client.send({ type: "history", id: "h", payload: { room, since } });
    await waitUntil(() => answers.length === 1);
    await tick("2");
    await client.frames.find(({ id }) => id === "2");
    answers.pop()?.();
    await client.answer("h");
    const told = client.frames.all.find(({ type }) => type === "history")?.payload;
    expect(told).toMatchObject({ recovered: true, offset: 2, frames: [{ id: "1" }, { id: "2" }] });
  });

  test("arrives once for a member that joins twice at once, and not after leaving", async () => {
    const since = await standing();
    isHeld = true;
    // held: the room's own first read, then one for each join
    for (const id of ["a", "b"]) client.send({ type: "join_room", id, payload: { room, since } });
    for (let read = 0; read < 3; read++) {
      await waitUntil(() => answers.length === 1);
      answers.pop()?.();
    }
    isHeld = false;
    expect([(await client.answer("a")).type, (await client.answer("b")).type]).toEqual(["ack", "ack"]);
    expect(fixture.hub.context.rooms.get(`room:${room}`)).toMatchObject({ members: 1, holders: 1 });
    expect((await client.ask({ type: "leave_room", id: "l", payload: { room } })).type).toBe("ack");
    expect(fixture.hub.context.rooms.get(`room:${room}`)).toBeUndefined();
  });
});

test("a member that joins while the room is being opened for another one gets the room's position", async () => {
  const gates: (() => void)[] = [];
  const subscribe: Broker["subscribe"] = async (channel, listener) => {
    if (channel.startsWith("room:")) await new Promise<void>((resolve) => void gates.push(resolve));
    return await inner.subscribe(channel, listener);
  };
  const slow = startHub({ hub: { endpoints }, broker: { ...inner, subscribe } });
  const join = (who: HubClient) => who.send({ type: "join_room", id: "j", payload: { room } });
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => connect(`${slow.url}/ws`)));
  if (first === undefined || second === undefined || third === undefined) throw new Error("no clients");
  const { rooms } = slow.hub.context;
  // released by everybody while it opens, as if its connection were closed at that moment
  const hasty = rooms.hold(`room:${room}`);
  await waitUntil(() => gates.length === 1);
  const held = rooms.get(`room:${room}`);
  if (held !== undefined) rooms.release(held);
  join(second);
  await waitUntil(() => gates.length === 2);
  gates[0]?.();
  await hasty;
  join(third);
  await third.ask({ type: "heartbeat", id: "h" });
  gates[1]?.();
  await third.answer("j");
  const joined = third.frames.all.find(({ type }) => type === "room_joined");
  expect(joined?.payload).toMatchObject({ epoch: expect.any(String) });
  await slow.stop();
});

test("a member that leaves while its presence is being added is announced as joined, then left", async () => {
  await client.ask({ type: "join_room", id: "j", payload: { room } });
  const join = Promise.withResolvers<void>();
  const { presence } = broker;
  const slow = startHub({
    hub: { endpoints },
    broker: {
      ...broker,
      instanceId: "slow",
      presence: {
        join: async (channel, member) => {
          const isNew = await presence.join(channel, member);
          await join.promise;
          return isNew;
        },
        leave: (channel, id) => presence.leave(channel, id),
        list: (channel, limit) => presence.list(channel, limit),
        heartbeat: () => presence.heartbeat(),
        reap: (limit) => presence.reap(limit),
      },
    },
  });
  const hasty = await connect(`${slow.url}/ws`);
  const welcome = await hasty.frames.find(({ type }) => type === "welcome");
  const who = welcome.payload?.["connectionId"];
  hasty.send({ type: "join_room", id: "j", payload: { room } });
  await waitUntil(async () => (await presence.list(`room:${room}`, 10)).count === 2);
  await hasty.close();
  join.resolve();
  await client.frames.find(
    ({ type, payload }) => type === "member_left" && payload?.["connectionId"] === who,
  );
  const told = client.frames.all.filter(({ payload }) => payload?.["connectionId"] === who);
  expect(told.map(({ type }) => type)).toEqual(["member_joined", "member_left"]);
  expect((await presence.list(`room:${room}`, 10)).count).toBe(1);
  await slow.stop();
});
