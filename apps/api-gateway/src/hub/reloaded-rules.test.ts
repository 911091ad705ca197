import { afterEach, describe, expect, test } from "bun:test";
import { createMemoryBroker } from "@libs/messaging";
import { waitUntil } from "@libs/testing";
import { startEventService } from "../../test/hub/event-service.ts";
import { connect, type HubClient } from "../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../test/hub/start-hub.ts";

const endpoint = { path: "/ws", authenticate: { with: ["platform"], anonymous: true } };
const rooms = [{ pattern: "support:{any}" }, { pattern: "lobby:{any}" }];
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

test("a reload that forbids a room closes its members with 3011, and no others", async () => {
  fixture = startHub({ hub: { endpoints: [{ ...endpoint, rooms }] } });
  const [inside, outside] = [await connect(`${fixture.url}/ws`), await connect(`${fixture.url}/ws`)];
  await inside.ask({ type: "join_room", id: "j", payload: { room: "support:a" } });
  await outside.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  fixture.reload({ endpoints: [{ ...endpoint, rooms: rooms.slice(1) }] });
  expect((await inside.closed).code).toBe(3011);
  expect((await outside.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
});

test("a reload that removes a personal channel closes its subscribers with 3011", async () => {
  fixture = startHub({ hub: { endpoints: [endpoint] } });
  const headers = { authorization: "Bearer user-ana" };
  const client = await connect(`${fixture.url}/ws`, { headers });
  await fixture.hub.publisher.publish("user:ana", { type: "offer" });
  await client.frames.find(({ type }) => type === "offer");
  fixture.reload({ endpoints: [{ ...endpoint, personal: "none" }] });
  expect((await client.closed).code).toBe(3011);
});

describe("a room whose rule asks a service since a reload", () => {
  const asked = [
    { pattern: "support:{any}", ask: { service: "doorman", path: "/may-join" }, presence: true },
    ...rooms.slice(1),
  ];
  const join = (client: HubClient, room: string) =>
    client.ask({ type: "join_room", id: room, payload: { room } });

  test("keeps members whom the service allows and closes the others, without asking about other rooms", async () => {
    const doorman = startEventService();
    doorman.respond(([first]) => new Response("", { status: first?.["room"] === "support:a" ? 204 : 403 }));
    fixture = startHub({ hub: { endpoints: [{ ...endpoint, rooms }] }, services: { doorman: doorman.url } });
    const [allowed, refused, other] = await Promise.all(
      ["support:a", "support:b", "lobby:a"].map(async (room) => {
        const client = await connect(`${fixture?.url}/ws`);
        await join(client, room);
        return client;
      }),
    );
    fixture.reload({ endpoints: [{ ...endpoint, rooms: asked }] });
    expect((await refused?.closed)?.code).toBe(3011);
    await waitUntil(() => doorman.calls.all.length === 2);
    fixture.reload({ endpoints: [{ ...endpoint, rooms: asked }] });
    for (const client of [allowed, other])
      expect((await client?.ask({ type: "heartbeat", id: "h" }))?.type).toBe("ack");
    const askedFor = doorman.calls.all.flatMap(({ elements }) => elements.map(({ room }) => room));
    expect(new Set(askedFor)).toEqual(new Set(["support:a", "support:b"]));
    expect(askedFor.length).toBe(2);
    await doorman.stop();
  });

  test("closes members about whom the service does not answer", async () => {
    fixture = startHub({
      hub: { endpoints: [{ ...endpoint, rooms }] },
      services: { doorman: "http://127.0.0.1:1" },
    });
    const client = await connect(`${fixture.url}/ws`);
    await join(client, "support:a");
    fixture.reload({ endpoints: [{ ...endpoint, rooms: asked }] });
    expect((await client.closed).code).toBe(3011);
  });

  test("asks about a member that was joining during the reload", async () => {
    const doorman = startEventService();
    doorman.respond(() => new Response("", { status: 403 }));
    const inner = createMemoryBroker();
    const gate = Promise.withResolvers<void>();
    const opening = Promise.withResolvers<void>();
    const subscribe: typeof inner.subscribe = async (channel, listener) => {
      if (channel === "room:support:a") {
        opening.resolve();
        await gate.promise;
      }
      return await inner.subscribe(channel, listener);
    };
    fixture = startHub({
      hub: { endpoints: [{ ...endpoint, rooms }] },
      broker: { ...inner, subscribe },
      services: { doorman: doorman.url },
    });
    const client = await connect(`${fixture.url}/ws`);
    const joining = join(client, "support:a");
    await opening.promise;
    fixture.reload({ endpoints: [{ ...endpoint, rooms: asked }] });
    gate.resolve();
    expect((await joining).error?.code).toBe("forbidden");
    expect(fixture.hub.context.rooms.size).toBe(0);
    await doorman.stop();
  });
});

test("a member leaves the presence of a room whatever a reload changed in its rule", async () => {
  const broker = createMemoryBroker();
  const shown = [{ pattern: "lobby:{any}", presence: true }];
  fixture = startHub({ hub: { endpoints: [{ ...endpoint, rooms: shown }] }, broker });
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  expect((await broker.presence.list("room:lobby:a", 10)).count).toBe(1);
  fixture.reload({ endpoints: [{ ...endpoint, rooms: [{ pattern: "lobby:{any}" }] }] });
  await client.close();
  await waitUntil(async () => (await broker.presence.list("room:lobby:a", 10)).count === 0);
});
