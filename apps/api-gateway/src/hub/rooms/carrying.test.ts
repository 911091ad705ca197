import { afterAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startRooms } from "../../../test/hub/start-rooms.ts";

const rooms = startRooms();
afterAll(() => rooms.stop());
const { fixture, publisher, open, join } = rooms;

describe("a room's frames", () => {
  test("reach every member once and in order, with room and offset", async () => {
    const clients = [await open(), await open()];
    for (const client of clients) await join(client, "lobby:order");
    for (let index = 1; index <= 20; index++)
      await publisher.publish("room:lobby:order", { type: "tick", id: `t-${index}` });
    for (const client of clients) {
      await client.frames.find((frame) => frame.id === "t-20");
      const ticks = client.frames.all.filter((frame) => frame.type === "tick");
      expect(ticks.map(({ room, offset }) => [room, offset])).toEqual(
        Array.from({ length: 20 }, (_, index) => ["lobby:order", index + 1]),
      );
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  test("reach each member once while it is in the room, for few and for many members that come and go", async () => {
    const room = "lobby:growing";
    const members = [];
    let published = 0;
    const publish = () => publisher.publish(`room:${room}`, { type: "tick", id: `g-${++published}` });
    for (let size = 1; size <= 6; size++) {
      const client = await open();
      await join(client, room);
      members.push({ client, first: published + 1 });
      await publish();
    }
    while (members.length > 0) {
      await publish();
      const [{ client, first } = { client: await open(), first: 0 }] = members.splice(members.length >> 1, 1);
      const { type } = await client.ask({ type: "leave_room", id: "leave", payload: { room } });
      expect(type).toBe("ack");
      const ticks = client.frames.all.filter((frame) => frame.type === "tick");
      expect(ticks.map((frame) => frame.offset)).toEqual(
        Array.from({ length: published - first + 1 }, (_, index) => first + index),
      );
      await client.close();
    }
  });

  test("stop after leaving; leaving a room one is not in is an error", async () => {
    const client = await open();
    await join(client, "lobby:left");
    expect((await client.ask({ type: "leave_room", id: "l-1", payload: { room: "lobby:left" } })).type).toBe(
      "ack",
    );
    await publisher.publish("room:lobby:left", { type: "tick", id: "unheard" });
    expect(
      (await client.ask({ type: "leave_room", id: "l-2", payload: { room: "lobby:left" } })).error?.code,
    ).toBe("not_found");
    expect(client.frames.all.some((frame) => frame.id === "unheard")).toBe(false);
    await client.close();
  });

  test("the channel of a user reaches all connections of that user and of nobody else", async () => {
    const [first, second, other] = [await open("user-ana"), await open("user-ana"), await open("user-ben")];
    await waitUntil(() => fixture.hub.context.rooms.get("user:ana")?.members === 2);
    await publisher.publish("user:ana", { type: "offer", payload: { percent: 5 } });
    for (const client of [first, second]) {
      const offer = await client.frames.find((frame) => frame.type === "offer");
      expect(offer.room).toBeUndefined();
    }
    expect(other.frames.all.some((frame) => frame.type === "offer")).toBe(false);
    await Promise.all([first, second, other].map((client) => client.close()));
  });

  test("a room without members is released", async () => {
    const client = await open();
    await join(client, "lobby:empty");
    expect(fixture.hub.context.rooms.get("room:lobby:empty")?.members).toBe(1);
    await client.close();
    await waitUntil(() => fixture.hub.context.rooms.get("room:lobby:empty") === undefined);
  });
});
