import { afterAll, expect, test } from "bun:test";
import { type CartwayState, createCartway, type HubFrame } from "@cartway/client";
import { createEventLog, waitUntil } from "@libs/testing";
import { startEventService } from "../../test/hub/event-service.ts";
import { principalOf, startHub } from "../../test/hub/start-hub.ts";

const service = startEventService();
const hub = {
  endpoints: [
    {
      path: "/ws",
      authenticate: { with: ["platform"], anonymous: true },
      messages: {
        cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } },
        prediction_request: { service: "ingestion", path: "/predict", reply: "prediction" },
      },
      rooms: [{ pattern: "cart:{sessionId}" }, { pattern: "orders:{userId}", atConnect: true }],
    },
  ],
};
let fixture = startHub({ hub, services: { ingestion: service.url } });
const url = `${fixture.url}/ws`;
const port = fixture.port;
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});

test("the client library works with the hub: acks, replies, rooms, tickets", async () => {
  const issued = await fetch(`${fixture.http}/auth/ws-ticket`, {
    method: "POST",
    headers: { authorization: "Bearer user-ana" },
  });
  const credential: { ticket: string } = JSON.parse(await issued.text());
  const client = createCartway({ url, credential: () => credential });
  const frames = createEventLog<HubFrame>();
  client.join(`cart:${client.sessionId}`, { onFrame: frames.push });
  await client.send("cart_event", { type: "view_page" });
  expect(client.state).toMatchObject({ connection: { status: "open", userId: "ana" }, queued: 0 });
  expect(await client.request("prediction_request", {})).toMatchObject({ accepted: 1 });
  await fixture.hub.publisher.publish(`room:cart:${client.sessionId}`, {
    type: "offer",
    payload: { percent: 5 },
  });
  expect(await frames.next()).toMatchObject({ type: "offer", payload: { percent: 5 }, offset: 1 });
  client.close();
});

test("events queued while the hub is down arrive once and in order after it returns", async () => {
  const client = createCartway({ url, backoffMaxMs: 50 });
  await client.send("cart_event", { id: "before" });
  await fixture.stop();
  const sent = Array.from({ length: 120 }, (_, index) =>
    client.send("cart_event", { id: `queued-${index}` }),
  );
  fixture = startHub({ hub, services: { ingestion: service.url }, port });
  await Promise.all(sent);
  const arrived = service.calls.all.flatMap(({ elements }) =>
    elements.map((element) => String(element["id"])),
  );
  const queued = arrived.filter((id) => id.startsWith("queued-"));
  expect(queued).toEqual(Array.from({ length: 120 }, (_, index) => `queued-${index}`));
  client.close();
});

test("without WebSockets the client falls back to the event stream, with acks and rooms", async () => {
  const attempts: string[] = [];
  const client = createCartway({
    url,
    backoffMaxMs: 10,
    credential: () => ({ token: "user-ana" }),
    // a proxy that does not support upgrades answers like this
    WebSocket: class extends WebSocket {
      constructor(asked: string) {
        attempts.push(asked);
        super("ws://127.0.0.1:1/");
      }
    },
  });
  const frames = createEventLog<HubFrame>();
  client.join(`cart:${client.sessionId}`, { onFrame: frames.push });
  const ids = Array.from({ length: 60 }, (_, index) => `over-http-${index}`);
  await Promise.all(ids.map((id) => client.send("cart_event", { id })));
  expect(client.state).toMatchObject({ connection: { status: "open", userId: "ana" }, queued: 0 });
  expect(attempts.length).toBe(2);
  await fixture.hub.publisher.publish(`room:cart:${client.sessionId}`, { type: "offer" });
  expect(await frames.next()).toMatchObject({ type: "offer", offset: 1 });
  const arrived = service.calls.all.flatMap(({ elements }) =>
    elements.map((element) => String(element["id"])),
  );
  expect(arrived.filter((id) => id.startsWith("over-http-"))).toEqual(ids);
  client.close();
});

test("the client learns the code and reason when the hub closes its event stream for good", async () => {
  const states = createEventLog<CartwayState>();
  const client = createCartway({
    url,
    backoffMaxMs: 10,
    onState: states.push,
    credential: async () => ({
      ticket: (await fixture.hub.context.tickets.issue(principalOf("ben"))).ticket,
    }),
    WebSocket: class extends WebSocket {
      constructor() {
        super("ws://127.0.0.1:1/");
      }
    },
  });
  await states.find(({ connection }) => connection.status === "open");
  fixture.revoke({ kind: "login", id: "login-ben" });
  const closed = await states.find(({ connection }) => connection.status === "closed");
  expect(closed.connection).toEqual({ status: "closed", code: 3507, reason: "revoked" });
  client.close();
});

test("frames of an automatically joined room arrive once and in order, across reconnects", async () => {
  const frames = createEventLog<HubFrame>();
  const credential = () => ({ token: "user-carol" });
  const client = createCartway({ url, backoffMaxMs: 20, credential, onFrame: frames.push });
  const { context, publisher } = fixture.hub;
  const mine = () => context.connections.ofUser("carol").at(0);
  const published: string[] = [];
  async function publish(id: string): Promise<void> {
    published.push(id);
    await publisher.publish("room:orders:carol", { type: "order", id });
  }
  await waitUntil(() => mine()?.rooms.length === 1);
  for (let round = 0; round < 5; round++) {
    await publish(`${round}-here`);
    await frames.find(({ id }) => id === `${round}-here`);
    mine()?.socket?.terminate();
    await publish(`${round}-away`);
    await frames.find(({ id }) => id === `${round}-away`);
  }
  expect(frames.all.map(({ id }) => id)).toEqual(published);
  client.close();
});
