import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { type Broker, createMemoryBroker } from "@libs/messaging";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

test("a room whose position could not be read gets room_lost once the broker answers, then every frame", async () => {
  const inner = createMemoryBroker();
  let isSlow = false;
  const broker: Broker = {
    ...inner,
    history: async (channel, since, limit) => {
      if (isSlow) throw new CartwayError("store_unavailable");
      return inner.history(channel, since, limit);
    },
  };
  const endpoints = [{ path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "lobby:{any}" } }];
  const fixture = startHub({ hub: { endpoints }, broker });
  await fixture.hub.start();
  const client = await connect(`${fixture.url}/ws`);
  isSlow = true;
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  const joined = client.frames.all.find(({ type }) => type === "room_joined");
  expect(joined?.payload).toMatchObject({ epoch: null });
  await fixture.hub.publisher.publish("room:lobby:a", { type: "tick", id: "t-1" });
  isSlow = false;
  const lost = await client.frames.find(({ type }) => type === "room_lost");
  expect(lost.payload).toMatchObject({ room: "lobby:a", offset: 0 });
  await fixture.hub.publisher.publish("room:lobby:a", { type: "tick", id: "t-2" });
  await client.frames.find(({ id }) => id === "t-2");
  const ticks = client.frames.all.filter(({ type }) => type === "tick");
  expect(ticks.map(({ id, offset }) => [id, offset])).toEqual([
    ["t-1", 1],
    ["t-2", 2],
  ]);
  await fixture.stop();
});
