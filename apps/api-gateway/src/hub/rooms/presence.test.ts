import { afterAll, describe, expect, test } from "bun:test";
import { startRooms } from "../../../test/hub/start-rooms.ts";

const rooms = startRooms();
afterAll(() => rooms.stop());
const { open, join } = rooms;

describe("presence", () => {
  test("lists the members and announces who joins and leaves", async () => {
    const ana = await open("user-ana");
    await join(ana, "lobby:presence");
    const ben = await open("user-ben");
    await join(ben, "lobby:presence");
    const came = await ana.frames.find(
      (frame) => frame.type === "member_joined" && frame.payload?.["userId"] === "ben",
    );
    expect(came.room).toBe("lobby:presence");
    await ana.ask({ type: "presence", id: "p-1", payload: { room: "lobby:presence" } });
    const list = ana.frames.all.find((frame) => frame.type === "presence");
    expect(list?.payload).toMatchObject({
      count: 2,
      members: expect.arrayContaining([expect.objectContaining({ userId: "ben" })]),
    });
    await ben.close();
    await ana.frames.find((frame) => frame.type === "member_left" && frame.payload?.["userId"] === "ben");
    await ana.close();
  });

  test("is available to members only, and only if the rule enables it", async () => {
    const client = await open("user-ana");
    expect(
      (await client.ask({ type: "presence", id: "p-1", payload: { room: "lobby:x" } })).error?.code,
    ).toBe("forbidden");
    await join(client, "orders:ana");
    expect(
      (await client.ask({ type: "presence", id: "p-2", payload: { room: "orders:ana" } })).error?.code,
    ).toBe("forbidden");
    await client.close();
  });
});
