import { afterAll, describe, expect, test } from "bun:test";
import { startRooms } from "../../../test/hub/start-rooms.ts";

const rooms = startRooms();
afterAll(() => rooms.stop());
const { service, open, sessionId, join } = rooms;

describe("a client may join", () => {
  test("the room of its session, which its first frame sets, and no other session's", async () => {
    const client = await open();
    const own = sessionId();
    expect((await join(client, `cart:${own}`, { sessionId: own })).answer.type).toBe("ack");
    const other = sessionId();
    expect((await join(client, `cart:${other}`, { sessionId: other })).answer.error).toMatchObject({
      code: "forbidden",
      message: `This connection may not join cart:${other}.`,
    });
    await client.close();
  });

  test("no room of a session with a guessable id", async () => {
    const client = await open();
    expect((await join(client, "cart:s-1", { sessionId: "s-1" })).answer.error?.code).toBe("forbidden");
    await client.close();
  });

  test("the room of its own user, if it is not anonymous", async () => {
    const [ana, nobody] = [await open("user-ana"), await open()];
    expect((await join(ana, "orders:ana")).answer.type).toBe("ack");
    expect((await join(ana, "orders:ben")).answer.error?.code).toBe("forbidden");
    expect((await join(nobody, "orders:ana")).answer.error?.code).toBe("forbidden");
    await Promise.all([ana.close(), nobody.close()]);
  });

  test("the rooms that the service allows, and none while the service does not answer", async () => {
    const client = await open("user-ana");
    expect((await join(client, "asked:1")).answer.type).toBe("ack");
    expect(service.calls.all.at(-1)).toMatchObject({
      path: "/may-join",
      elements: [{ room: "asked:1", userId: "ana" }],
    });
    service.respond(() => new Response("", { status: 403 }));
    expect((await join(client, "asked:2")).answer.error).toMatchObject({
      code: "forbidden",
      retryable: false,
    });
    service.respond(() => new Response("", { status: 500 }));
    expect((await join(client, "asked:3")).answer.error).toMatchObject({ retryable: true });
    service.respond(null);
    await client.close();
  });

  test("no forbidden or unknown rooms, and no more than the endpoint's maximum", async () => {
    const client = await open();
    expect((await join(client, "closed:1")).answer.error?.code).toBe("forbidden");
    expect((await join(client, "unknown")).answer.error?.code).toBe("forbidden");
    for (const number of [1, 2, 3]) expect((await join(client, `lobby:${number}`)).answer.type).toBe("ack");
    expect((await join(client, "lobby:4")).answer.error?.message).toContain("3");
    await client.close();
  });

  test.each([
    [{}],
    [{ room: "" }],
    [{ room: "a b" }],
    [{ room: 7 }],
    [[]],
    [{ room: "lobby:1", since: { epoch: 1, offset: 0 } }],
    [{ room: "lobby:1", since: 4 }],
  ])("an invalid payload gets an error with what is expected: %j", async (payload) => {
    const client = await open();
    expect((await client.ask({ type: "join_room", id: "j", payload })).error?.code).toBe("validation_failed");
    await client.close();
  });
});
