import { afterAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect, type HubClient } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

const service = startEventService();
const fixture = startHub({
  services: { doorman: service.url },
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { with: ["platform"], anonymous: true },
        roomsMax: 3,
        rooms: [
          { pattern: "cart:{sessionId}", recoverMax: 5 },
          { pattern: "orders:{userId}" },
          { pattern: "closed:{any}", join: false },
          { pattern: "asked:{any}", ask: { service: "doorman", path: "/may-join" } },
          { pattern: "lobby:{any}", presence: true },
        ],
      },
    ],
  },
});
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});

const { publisher } = fixture.hub;
const open = (token?: string) =>
  connect(`${fixture.url}/ws`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
let numbers = 0;
const sessionId = () => `session-of-a-shopper-${numbers++}`;

interface Since {
  readonly epoch: unknown;
  readonly offset: number;
}

async function join(client: HubClient, room: string, more: { sessionId?: string; since?: Since } = {}) {
  const id = `join-${numbers++}`;
  const { since, ...frame } = more;
  const answer = await client.ask({
    type: "join_room",
    id,
    payload: since === undefined ? { room } : { room, since },
    ...frame,
  });
  const joined = client.frames.all.find(
    (candidate) => candidate.type === "room_joined" && candidate.id === id,
  );
  return { answer, joined: joined?.payload };
}

describe("who may join", () => {
  test("the room of the session that the connection was bound to by its first frame, and no other", async () => {
    const client = await open();
    const own = sessionId();
    expect((await join(client, `cart:${own}`, { sessionId: own })).answer.type).toBe("ack");
    const other = sessionId();
    expect((await join(client, `cart:${other}`, { sessionId: other })).answer.error?.code).toBe("forbidden");
    await client.close();
  });

  test("no room of a session whose id could be guessed", async () => {
    const client = await open();
    expect((await join(client, "cart:s-1", { sessionId: "s-1" })).answer.error?.code).toBe("forbidden");
    await client.close();
  });

  test("a room of its own user; an anonymous one has none", async () => {
    const [ana, nobody] = [await open("user-ana"), await open()];
    expect((await join(ana, "orders:ana")).answer.type).toBe("ack");
    expect((await join(ana, "orders:ben")).answer.error?.code).toBe("forbidden");
    expect((await join(nobody, "orders:ana")).answer.error?.code).toBe("forbidden");
    await Promise.all([ana.close(), nobody.close()]);
  });

  test("what the asked service allows, and nothing while it does not answer", async () => {
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

  test("no closed room, no unknown one, and not more than the endpoint's number", async () => {
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
  ])("a payload that is none is told what is expected: %j", async (payload) => {
    const client = await open();
    expect((await client.ask({ type: "join_room", id: "j", payload })).error?.code).toBe("validation_failed");
    await client.close();
  });
});

describe("what a room carries", () => {
  test("reaches every member once and in order, with room and offset", async () => {
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

  test("ends with leaving it; leaving a room one is not in is a mistake", async () => {
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

  test("a room that nobody holds any more is let go", async () => {
    const client = await open();
    await join(client, "lobby:empty");
    expect(fixture.hub.context.rooms.get("room:lobby:empty")?.members).toBe(1);
    await client.close();
    await waitUntil(() => fixture.hub.context.rooms.get("room:lobby:empty") === undefined);
  });
});

describe("coming back", () => {
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

  test("with a gap that is too long, or another epoch, says that it cannot, and gives nothing", async () => {
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

  test("while the room goes on publishing loses nothing and repeats nothing", async () => {
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
      // a longer gap than the rule replays: what came after joining is still whole
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

  test("history gives a gap in one frame to one who is in the room", async () => {
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

describe("presence", () => {
  test("tells who is here, and who comes and goes", async () => {
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

  test("is shown to members alone, and where the rule has it", async () => {
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
