import { afterEach, describe, expect, test } from "bun:test";
import { type Broker, createMemoryBroker } from "@libs/messaging";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect, type HubClient } from "../../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub } from "../../../test/hub/start-hub.ts";

const doorman = startEventService();
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
  doorman.respond(null);
});

/** Users whose token names their store: `store-north`. */
function start(rooms: object, broker: Broker = createMemoryBroker()): HubFixture {
  fixture = startHub({
    hub: { endpoints: [{ path: "/ws", authenticate: { with: ["platform"] }, rooms }] },
    services: { doorman: doorman.url },
    broker,
    authenticate: (token) => ({
      outcome: "authenticated",
      principal: principalOf("ana", { claims: { store: token.slice("store-".length) } }),
    }),
  });
  return fixture;
}

const open = ({ url }: HubFixture): Promise<HubClient> =>
  connect(`${url}/ws`, { headers: { authorization: "Bearer store-north" } });

test("a reauth that takes a room's claim away refuses a join that is under way", async () => {
  const hub = start({ pattern: "store:{claim.store}", ask: { service: "doorman", path: "/may-join" } });
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<Response>();
  doorman.respond(() => {
    asked.resolve();
    return gate.promise;
  });
  const client = await open(hub);
  const joining = client.ask({ type: "join_room", id: "j", payload: { room: "store:north" } });
  await asked.promise;
  const again = { type: "reauth", id: "r", payload: { token: "store-south" } };
  expect((await client.ask(again)).type).toBe("ack");
  gate.resolve(new Response("", { status: 204 }));
  expect((await joining).error?.code).toBe("forbidden");
  expect(hub.hub.context.rooms.get("room:store:north")).toBeUndefined();
});

describe("a client that joins and leaves a room without awaiting the answers", () => {
  const payload = { room: "lobby:a" };

  test.each([
    ["is out of it if it left last", ["join_room", "leave_room"], 0],
    ["is in it if it joined last", ["join_room", "leave_room", "join_room"], 1],
    ["can do so repeatedly", ["join_room", "leave_room", "join_room", "leave_room"], 0],
  ])("%s", async (_name, types, members) => {
    const hub = start({ pattern: "lobby:{any}", ask: { service: "doorman", path: "/may-join" } });
    const client = await open(hub);
    for (const [index, type] of types.entries()) client.send({ type, id: `f-${index}`, payload });
    for (const index of types.keys()) expect((await client.answer(`f-${index}`)).type).toBe("ack");
    expect(hub.hub.context.rooms.get("room:lobby:a")?.members ?? 0).toBe(members);
    for (const { roomTurns } of hub.hub.context.connections.all()) expect(roomTurns).toBeNull();
  });
});

test("a member that leaves and joins again at once remains listed", async () => {
  const inner = createMemoryBroker();
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  const hub = start(
    { pattern: "lobby:{any}", presence: true },
    {
      ...inner,
      presence: {
        join: async (channel, member) => {
          const isNew = await inner.presence.join(channel, member);
          if (isHeld) await gate.promise;
          return isNew;
        },
        leave: (channel, id) => inner.presence.leave(channel, id),
        list: (channel, limit) => inner.presence.list(channel, limit),
        heartbeat: () => inner.presence.heartbeat(),
        reap: (limit) => inner.presence.reap(limit),
      },
    },
  );
  const [other, client] = await Promise.all([open(hub), open(hub)]);
  const payload = { room: "lobby:a" };
  await other.ask({ type: "join_room", id: "o", payload });
  isHeld = true;
  client.send({ type: "join_room", id: "j1", payload });
  await client.frames.find(({ type, id }) => type === "room_joined" && id === "j1");
  client.send({ type: "leave_room", id: "l", payload });
  client.send({ type: "join_room", id: "j2", payload });
  await client.ask({ type: "heartbeat", id: "h" });
  isHeld = false;
  gate.resolve();
  for (const id of ["j1", "l", "j2"]) expect((await client.answer(id)).type).toBe("ack");
  expect((await inner.presence.list("room:lobby:a", 10)).count).toBe(2);
});
