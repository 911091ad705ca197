import { afterEach, describe, expect, test } from "bun:test";
import { type Broker, type BrokerState, createMemoryBroker } from "@libs/messaging";
import { createManualClock, waitUntil, frameOf, openRaw } from "@libs/testing";
import { connect } from "../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../test/hub/start-hub.ts";
import { keepPresence } from "./background.ts";
import { sweep } from "./connections/sweep.ts";

const endpoints = [
  { path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "lobby:{any}", presence: true } },
];
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

/** A broker whose connection can be interrupted: meanwhile its listeners receive nothing, as during a Redis outage. */
function cuttable() {
  const inner = createMemoryBroker();
  const watchers = new Set<(state: BrokerState) => void>();
  let state: BrokerState = "up";
  const broker: Broker = {
    ...inner,
    get state() {
      return state;
    },
    subscribe: (channel, listener) =>
      inner.subscribe(channel, {
        publication: (publication) => (state === "up" ? listener.publication(publication) : undefined),
      }),
    onState(watcher) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
  function change(next: BrokerState): void {
    state = next;
    for (const watcher of watchers) watcher(next);
  }
  return { broker, inner, change };
}

test("publications missed during a broker outage are delivered in order afterwards, and clients stay connected", async () => {
  const { broker, inner, change } = cuttable();
  fixture = startHub({ hub: { endpoints }, broker });
  await fixture.hub.start();
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  change("down");
  expect(await fixture.metrics.render()).toContain("cartway_hub_broker_up 0");
  for (const id of ["1", "2", "3"]) await inner.publish("room:lobby:a", JSON.stringify({ type: "tick", id }));
  change("up");
  await client.frames.find((frame) => frame.id === "3");
  const ticks = client.frames.all.filter((frame) => frame.type === "tick");
  expect(ticks.map(({ id, offset }) => [id, offset])).toEqual([
    ["1", 1],
    ["2", 2],
    ["3", 3],
  ]);
});

test("a broker that is down when the hub starts receives no calls until it is up", async () => {
  const { broker, change } = cuttable();
  let heartbeats = 0;
  const presence = { ...broker.presence, heartbeat: async () => void (heartbeats += 1) };
  change("down");
  fixture = startHub({
    hub: { endpoints },
    broker: Object.defineProperty(broker, "presence", { value: presence }),
  });
  await fixture.hub.start();
  expect(heartbeats).toBe(0);
  change("up");
  expect(heartbeats).toBe(1);
});

test("members get room_lost for a gap that the history cannot fill", async () => {
  const { broker, inner, change } = cuttable();
  fixture = startHub({ hub: { endpoints }, broker });
  await fixture.hub.start();
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  change("down");
  const history = { sizeMax: 1, ttlMs: 60_000 };
  for (const id of ["1", "2"])
    await inner.publish("room:lobby:a", JSON.stringify({ type: "tick", id }), { history });
  change("up");
  const lost = await client.frames.find((frame) => frame.type === "room_lost");
  expect(lost.payload).toEqual({ room: "lobby:a", epoch: expect.any(String), offset: 2 });
});

test("members of a crashed instance are announced to their rooms as gone", async () => {
  const inner = createMemoryBroker();
  const orphan = { channel: "room:lobby:a", member: { connectionId: "dead.1", userId: "ana" } };
  let orphans = [orphan];
  const broker: Broker = {
    ...inner,
    presence: {
      join: (channel, member) => inner.presence.join(channel, member),
      leave: (channel, id) => inner.presence.leave(channel, id),
      list: (channel, limit) => inner.presence.list(channel, limit),
      heartbeat: () => inner.presence.heartbeat(),
      async reap() {
        const found = orphans;
        orphans = [];
        return found;
      },
    },
  };
  fixture = startHub({ hub: { endpoints }, broker });
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  await keepPresence(fixture.hub.context);
  const left = await client.frames.find((frame) => frame.type === "member_left");
  expect(left).toMatchObject({ room: "lobby:a", payload: orphan.member });
});

describe("the sweep", () => {
  test("closes connections that reach the maximum lifetime with 3015", async () => {
    fixture = startHub({ hub: { endpoints, limits: { lifetimeMs: 1 } } });
    const client = await connect(`${fixture.url}/ws`);
    await Bun.sleep(2);
    sweep(fixture.hub.context);
    expect((await client.closed).code).toBe(3015);
  });

  test("terminates the socket of a client that does not answer its close", async () => {
    fixture = startHub({ hub: { endpoints } });
    const socket = await openRaw(fixture.port);
    socket.write(frameOf('{"type":"heartbeat","id":"h"}'));
    await socket.frames.find(({ payload }) => payload.includes('"ack"'));
    const [connection] = fixture.hub.context.connections.all();
    if (connection === undefined) throw new Error("no connection");
    socket.pause();
    connection.cutAt = performance.now() - 1;
    sweep(fixture.hub.context);
    const { connections } = fixture.hub.context;
    await waitUntil(() => connections.size === 0);
    socket.end();
  });

  test("never treats a credential without an expiry as expired", async () => {
    const clock = createManualClock();
    fixture = startHub({
      hub: { endpoints: [{ ...endpoints[0], authenticate: { with: ["platform"] } }] },
      now: clock.now,
    });
    const client = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer user-ana" } });
    await clock.advance(3_600_000);
    sweep(fixture.hub.context);
    expect((await client.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  });
});

test("an internal error closes only the connection it occurred on, with 3004", async () => {
  const inner = createMemoryBroker();
  let fails = false;
  const broker: Broker = {
    ...inner,
    leases: {
      renew() {
        if (fails) throw new Error("a fault");
        return Promise.resolve();
      },
      takeExpired: (limit, retryMs) => inner.leases.takeExpired(limit, retryMs),
      settle: (expired) => inner.leases.settle(expired),
    },
  };
  const sessions = { leaseMs: 60_000, left: { service: "nobody", path: "/" } };
  fixture = startHub({ hub: { endpoints, sessions }, broker });
  const [unlucky, neighbour] = [await connect(`${fixture.url}/ws`), await connect(`${fixture.url}/ws`)];
  fails = true;
  unlucky.send({ type: "heartbeat", sessionId: "session-of-a-shopper" });
  expect((await unlucky.closed).code).toBe(3004);
  fails = false;
  expect((await neighbour.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
});
