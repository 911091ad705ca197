import { afterAll, describe, expect, test } from "bun:test";
import { startRooms } from "../../../test/hub/start-rooms.ts";

const rooms = startRooms();
afterAll(() => rooms.stop());
const { publisher, open, sessionId, join } = rooms;

describe("recovery", () => {
  test("replays exactly what was missed, in order, between room_joined and the ack", async () => {
    const own = sessionId();
    const room = `cart:${own}`;
    const before = await open();
    const { joined } = await join(before, room, { sessionId: own });
    expect(joined).toEqual({ room, epoch: expect.any(String), offset: 0, recovered: false });
    await publisher.publish(`room:${room}`, { type: "tick", id: "1" });
    await before.frames.find((frame) => frame.id === "1");
    await before.close();
    for (const id of ["2", "3"]) await publisher.publish(`room:${room}`, { type: "tick", id });
    const after = await open();
    const again = await join(after, room, { sessionId: own, since: { epoch: joined?.["epoch"], offset: 1 } });
    expect(again.joined).toMatchObject({ recovered: true, offset: 3 });
    expect(
      after.frames.all.slice(1).map(({ type, id, offset }) => [type, type === "tick" ? id : "", offset]),
    ).toEqual([
      ["room_joined", "", undefined],
      ["tick", "2", 2],
      ["tick", "3", 3],
      ["ack", "", undefined],
    ]);
    await after.close();
  });

  test("reports a gap that is too long or of another epoch, and replays nothing", async () => {
    const own = sessionId();
    const room = `cart:${own}`;
    const first = await open();
    const { joined } = await join(first, room, { sessionId: own });
    for (let index = 0; index < 6; index++) await publisher.publish(`room:${room}`, { type: "tick" });
    for (const since of [
      { epoch: joined?.["epoch"], offset: 0 },
      { epoch: "another", offset: 5 },
      { epoch: joined?.["epoch"], offset: 99 },
    ]) {
      const client = await open();
      const again = await join(client, room, { sessionId: own, since });
      expect(again.joined).toMatchObject({ recovered: false, offset: 6 });
      expect(client.frames.all.some((frame) => frame.type === "tick")).toBe(false);
      await client.close();
    }
    await first.close();
  });

  test("neither loses nor repeats frames while the room goes on publishing", async () => {
    const own = sessionId();
    const room = `cart:${own}`;
    const history = { sizeMax: 10_000, ttlMs: 60_000 };
    const first = await open();
    const { joined } = await join(first, room, { sessionId: own });
    let published = 0;
    const done = new AbortController();
    const publishing = (async () => {
      while (!done.signal.aborted) {
        await publisher.publish(`room:${room}`, { type: "tick", id: `t-${++published}` }, { history });
        if (published % 3 === 0) await Bun.sleep(0);
      }
    })();
    for (let round = 0; round < 20; round++) {
      const client = await open();
      const offset = published;
      const again = await join(client, room, { sessionId: own, since: { epoch: joined?.["epoch"], offset } });
      // a longer gap than the rule replays: frames after joining still arrive completely
      const first = again.joined?.["recovered"] === true ? offset + 1 : Number(again.joined?.["offset"]) + 1;
      await client.frames.find((frame) => (frame.offset ?? 0) > first + 10);
      const offsets = client.frames.all.flatMap((frame) => frame.offset ?? []);
      expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, index) => first + index));
      await client.close();
    }
    done.abort();
    await publishing;
    await first.close();
  });

  test("a history frame returns the missed frames to a member", async () => {
    const client = await open();
    const { joined } = await join(client, "lobby:history");
    for (const id of ["1", "2"]) await publisher.publish("room:lobby:history", { type: "tick", id });
    const payload = { room: "lobby:history", since: { epoch: joined?.["epoch"], offset: 0 } };
    await client.ask({ type: "history", id: "h-1", payload });
    const reply = client.frames.all.find((frame) => frame.type === "history");
    expect(reply?.payload).toMatchObject({
      recovered: true,
      offset: 2,
      frames: [
        { id: "1", room: "lobby:history", offset: 1 },
        { id: "2", offset: 2 },
      ],
    });
    const stranger = await open();
    expect((await stranger.ask({ type: "history", id: "h-2", payload })).error?.code).toBe("forbidden");
    await Promise.all([client.close(), stranger.close()]);
  });
});
