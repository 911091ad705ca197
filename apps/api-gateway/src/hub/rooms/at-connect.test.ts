import { afterEach, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { connect, type HubClient } from "../../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub } from "../../../test/hub/start-hub.ts";

const endpoint = {
  path: "/ws",
  authenticate: { with: ["platform"], anonymous: true },
  personal: "none",
  roomsMax: 4,
  rooms: [
    { pattern: "news", atConnect: true },
    { pattern: "customer:{tenantId}", atConnect: true, presence: true },
    { pattern: "shut:{any}", join: false },
    { pattern: "shut:{userId}", atConnect: true },
    { pattern: "store:{claim.store}", atConnect: true },
    { pattern: "lobby:{any}" },
  ],
};
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

/** Tokens are `<user>.<tenant>.<store>`. */
function start(): HubFixture {
  fixture = startHub({
    hub: { endpoints: [endpoint] },
    authenticate(token) {
      const [user = "", tenantId = "", store = ""] = token.split(".");
      return { outcome: "authenticated", principal: principalOf(user, { tenantId, claims: { store } }) };
    },
  });
  return fixture;
}

const open = ({ url }: HubFixture, token: string, path = "/ws"): Promise<HubClient> =>
  connect(`${url}${path}`, token === "" ? {} : { headers: { authorization: `Bearer ${token}` } });

async function roomsOf(client: HubClient): Promise<unknown> {
  return (await client.frames.find(({ type }) => type === "welcome")).payload?.["rooms"];
}

/** Resolves once the hub has put a connection into each of them. */
async function settle({ hub }: HubFixture, channels: readonly string[]): Promise<void> {
  const { rooms } = hub.context;
  await waitUntil(() => channels.every((channel) => (rooms.get(channel)?.members ?? 0) > 0));
}

describe("rooms joined at connect", () => {
  test("are listed in the welcome, and their frames arrive without joining", async () => {
    const hub = start();
    const ana = await open(hub, "ana.acme.s-1");
    const rooms = ["news", "customer:acme", "store:s-1"];
    expect(await roomsOf(ana)).toEqual(rooms);
    await settle(
      hub,
      rooms.map((room) => `room:${room}`),
    );
    for (const room of rooms) await hub.hub.publisher.publish(`room:${room}`, { type: "tick" });
    await ana.frames.find(({ type, room }) => type === "tick" && room === "store:s-1");
    const ticks = ana.frames.all.filter(({ type }) => type === "tick");
    expect(ticks.map(({ room, offset }) => [room, offset])).toEqual(rooms.map((room) => [room, 1]));
  });

  test("are announced with their position before any of their frames", async () => {
    const hub = start();
    await hub.hub.publisher.publish("room:news", { type: "tick" });
    const nobody = await open(hub, "");
    await settle(hub, ["room:news"]);
    await hub.hub.publisher.publish("room:news", { type: "tick" });
    await nobody.frames.find(({ type }) => type === "tick");
    const [, joined, tick] = nobody.frames.all;
    expect(joined).toMatchObject({
      type: "room_joined",
      payload: { room: "news", offset: 1, recovered: false },
    });
    expect(joined?.id).toBeUndefined();
    expect(tick).toMatchObject({ type: "tick", offset: 2 });
  });

  test("are named by the connection's own ids and claims only", async () => {
    const hub = start();
    const [ben, nobody] = [await open(hub, "ben.beta."), await open(hub, "")];
    expect(await roomsOf(ben)).toEqual(["news", "customer:beta"]);
    expect(await roomsOf(nobody)).toEqual(["news"]);
    const answer = await ben.ask({ type: "join_room", id: "j", payload: { room: "customer:acme" } });
    expect(answer.error?.code).toBe("forbidden");
  });

  test("replay missed frames to a returning client once and in order", async () => {
    const hub = start();
    const { publisher } = hub.hub;
    const first = await open(hub, "ana.acme.");
    await first.ask({ type: "join_room", id: "j", payload: { room: "customer:acme" } });
    const joined = first.frames.all.find(({ type, id }) => type === "room_joined" && id === "j")?.payload;
    expect(joined).toMatchObject({ offset: 0, recovered: false });
    await first.close();
    for (const id of ["1", "2"]) await publisher.publish("room:customer:acme", { type: "tick", id });
    const second = await open(hub, "ana.acme.");
    await settle(hub, ["room:customer:acme"]);
    await publisher.publish("room:customer:acme", { type: "tick", id: "3" });
    await second.frames.find(({ id }) => id === "3");
    const payload = { room: "customer:acme", since: joined };
    expect((await second.ask({ type: "join_room", id: "j", payload })).type).toBe("ack");
    await publisher.publish("room:customer:acme", { type: "tick", id: "4" });
    await second.frames.find(({ id }) => id === "4");
    const after = second.frames.all.slice(
      second.frames.all.findIndex(({ type, id }) => type === "room_joined" && id === "j"),
    );
    expect(after[0]?.payload).toMatchObject({ recovered: true, offset: 3 });
    expect(after.filter(({ type }) => type === "tick").map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
    expect(hub.hub.context.rooms.get("room:customer:acme")?.members).toBe(1);
  });

  test("count towards the connection's room limit, appear in presence, and can be left", async () => {
    const hub = start();
    const [ana, eve] = [await open(hub, "ana.acme.s-1"), await open(hub, "eve.acme.s-1")];
    await ana.frames.find(({ type, payload }) => type === "member_joined" && payload?.["userId"] === "eve");
    for (const room of ["lobby:1", "lobby:2"]) ana.send({ type: "join_room", id: room, payload: { room } });
    expect((await ana.answer("lobby:1")).type).toBe("ack");
    expect((await ana.answer("lobby:2")).error?.message).toContain("4 rooms");
    await eve.ask({ type: "leave_room", id: "l", payload: { room: "customer:acme" } });
    await ana.frames.find(({ type, payload }) => type === "member_left" && payload?.["userId"] === "eve");
    await ana.close();
    await eve.close();
    expect([...hub.hub.context.rooms.all()]).toEqual([]);
  });

  test("also work on an event stream", async () => {
    const hub = start();
    const response = await fetch(`${hub.http}/ws/sse`, { headers: { authorization: "Bearer ana.acme." } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const welcome = await reader?.read();
    expect(welcome?.value).toContain('"rooms":["news","customer:acme"]');
    await settle(hub, ["room:news"]);
    await hub.hub.publisher.publish("room:news", { type: "tick" });
    let text = "";
    while (!text.includes('"type":"tick"')) text += (await reader?.read())?.value ?? "";
    expect(text).toContain('"room":"news","offset":1');
    await reader?.cancel();
  });

  test("that a reload removes close their members with 3011", async () => {
    const hub = start();
    const ana = await open(hub, "ana.acme.s-1");
    const nobody = await open(hub, "");
    await settle(hub, ["room:customer:acme"]);
    const rooms = endpoint.rooms.filter(({ pattern }) => !pattern.startsWith("customer"));
    hub.reload({ endpoints: [{ ...endpoint, rooms }] });
    expect((await ana.closed).code).toBe(3011);
    expect((await nobody.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  });

  test("whose claim is missing in a renewed credential close the connection with 3011", async () => {
    const hub = start();
    const ana = await open(hub, "ana.acme.s-1");
    await settle(hub, ["room:store:s-1"]);
    ana.send({ type: "reauth", id: "r-1", payload: { token: "ana.acme.s-1" } });
    expect((await ana.answer("r-1")).type).toBe("ack");
    ana.send({ type: "reauth", id: "r-2", payload: { token: "ana.acme.s-2" } });
    expect((await ana.closed).code).toBe(3011);
  });
});
