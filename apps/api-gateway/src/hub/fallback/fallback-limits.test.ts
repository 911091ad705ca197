import { afterEach, expect, test } from "bun:test";
import { createMemoryBroker, type Position } from "@libs/messaging";
import { startEventService } from "../../../test/hub/event-service.ts";
import type { ReceivedFrame } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";
import { EventStreamSocket } from "./event-stream-socket.ts";
import { FallbackSocket } from "./fallback-socket.ts";

const service = startEventService();
const hub = {
  endpoints: [
    {
      path: "/ws",
      authenticate: { anonymous: true },
      messages: { cart_event: { service: "ingestion", path: "/events" } },
      rooms: { pattern: "lobby:{any}" },
    },
  ],
  limits: { pendingMax: 4, queueBytesMax: 4096 },
};
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  service.respond(null);
  for (const stop of stops.splice(0)) await stop();
});

function start(more: { readonly broker?: ReturnType<typeof createMemoryBroker> } = {}): HubFixture {
  const fixture = startHub({ hub, services: { ingestion: service.url }, ...more });
  stops.push(() => fixture.stop());
  return fixture;
}

async function poll({ http }: HubFixture, connection: string | null, frames: readonly object[] = []) {
  const headers: Record<string, string> = connection === null ? {} : { "x-cartway-connection": connection };
  const body = frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
  const response = await fetch(`${http}/ws/poll`, { method: "POST", headers, body });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return { response, frames: lines.map((line): ReceivedFrame => JSON.parse(line)) };
}

async function open(fixture: HubFixture): Promise<string> {
  const { payload } = (await poll(fixture, null)).frames[0] ?? {};
  return `${String(payload?.["connectionId"])}.${String(payload?.["secret"])}`;
}

test("over HTTP, frames above the pending limit are refused and can be sent again", async () => {
  service.respond(() => new Promise<Response>(() => {}));
  const fixture = start();
  const connection = await open(fixture);
  const frames = Array.from({ length: 10 }, (_, index) => ({
    type: "cart_event",
    id: `e-${index}`,
    payload: {},
  }));
  const { frames: answers } = await poll(fixture, connection, frames);
  expect(answers.map(({ id, error }) => [id, error?.code, error?.retryable])).toEqual(
    [4, 5, 6, 7, 8, 9].map((index) => [`e-${index}`, "overloaded", true]),
  );
});

test("a client whose recovery exceeds its queue is closed and leaves all rooms", async () => {
  const broker = createMemoryBroker();
  const fixture = start({ broker });
  const position: Position = (await broker.history("room:lobby:a", null, 0)).position;
  for (let index = 0; index < 50; index++) {
    const payload = "x".repeat(2000);
    await fixture.hub.publisher.publish("room:lobby:a", { type: "tick", id: `t-${index}`, payload });
  }
  const stream = await fetch(`${fixture.http}/ws/sse`);
  const [connection] = fixture.hub.context.connections.all();
  if (connection === undefined || !(connection.socket instanceof FallbackSocket))
    throw new Error("no stream");
  const join = { type: "join_room", id: "j", payload: { room: "lobby:a", since: position } };
  const headers = { "x-cartway-connection": `${connection.id}.${connection.socket.secret}` };
  await fetch(`${fixture.http}/ws/send`, { method: "POST", headers, body: JSON.stringify(join) });
  expect(await stream.text()).toContain('{"code":3008,"reason":"slow"}');
  expect(connection.rooms).toEqual([]);
  expect(fixture.hub.context.rooms.size).toBe(0);
});

test("frames for a closed stream are kept for a limited time, then dropped", async () => {
  const [hasty, lazy] = [new EventStreamSocket(1000), new EventStreamSocket(1)];
  for (const socket of [hasty, lazy]) {
    socket.onClosed(() => undefined);
    socket.send("x".repeat(500_000));
    socket.close(3008, "slow");
  }
  expect(lazy.body.getReader().closed).rejects.toThrow("not read in time");
  expect(await new Response(hasty.body).text()).toContain('"code":3008');
});

test("frames for a connection of an unreachable instance are refused", async () => {
  const broker = createMemoryBroker();
  const fixture = start({ broker: { ...broker, publish: async () => ({ position: null, reach: "local" }) } });
  const response = await fetch(`${fixture.http}/ws/send`, {
    method: "POST",
    headers: { "x-cartway-connection": "elsewhere.1.secret" },
    body: '{"type":"heartbeat"}',
  });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
});
