import { afterAll, describe, expect, test } from "bun:test";
import { createMemoryBroker } from "@libs/messaging";
import { createEventLog, waitUntil } from "@libs/testing";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect, type ReceivedFrame } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";
import { closeConnections } from "../admin/act-on-connections.ts";
import { PollSocket } from "./poll-socket.ts";
import { sweep } from "../connections/sweep.ts";

const service = startEventService();
const hub = {
  endpoints: [
    {
      path: "/ws",
      authenticate: { with: ["platform"], anonymous: true },
      messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 1 } } },
      rooms: { pattern: "lobby:{any}" },
    },
  ],
  limits: { idleMs: 8000, heartbeatMs: 1000, queueBytesMax: 65_536, slowConsumer: "latest" },
};
const broker = createMemoryBroker();
const first = startHub({
  hub,
  services: { ingestion: service.url },
  broker: { ...broker, instanceId: "first" },
});
const second = startHub({
  hub,
  services: { ingestion: service.url },
  broker: { ...broker, instanceId: "second" },
});
await Promise.all([first.hub.start(), second.hub.start()]);
afterAll(async () => {
  await first.stop();
  await second.stop();
  await service.stop();
});

const header = (welcome: ReceivedFrame) =>
  `${String(welcome.payload?.["connectionId"])}.${String(welcome.payload?.["secret"])}`;
const lines = (frames: readonly object[]) => frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
const event = (id: string) => ({ type: "cart_event", id, payload: {} });

function post(fixture: HubFixture, path: string, connection: string | null, body = ""): Promise<Response> {
  const headers: Record<string, string> = connection === null ? {} : { "x-cartway-connection": connection };
  return fetch(`${fixture.http}${path}`, { method: "POST", headers, body });
}

describe("an event stream", () => {
  async function openStream(headers: Record<string, string> = {}) {
    const controller = new AbortController();
    const response = await fetch(`${first.http}/ws/sse`, { headers, signal: controller.signal });
    const frames = createEventLog<ReceivedFrame>();
    const text: string[] = [];
    const ended = (async () => {
      if (response.body === null) return;
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of response.body) {
        rest += decoder.decode(chunk, { stream: true });
        const parts = rest.split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          text.push(part);
          if (part.startsWith("data: ")) frames.push(JSON.parse(part.slice(6)));
        }
      }
    })().catch(() => undefined);
    const welcome = await frames.next();
    return {
      response,
      frames,
      text,
      ended,
      welcome,
      connection: header(welcome),
      abort: () => controller.abort(),
    };
  }

  test("carries the same frames as a WebSocket: welcome, acks, rooms", async () => {
    const stream = await openStream({ authorization: "Bearer user-ana" });
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.welcome.payload?.["userId"]).toBe("ana");
    const body = lines([event("s-1"), { type: "join_room", id: "s-2", payload: { room: "lobby:a" } }]);
    expect((await post(first, "/ws/send", stream.connection, body)).status).toBe(202);
    await stream.frames.find((frame) => frame.type === "ack" && frame.id === "s-1");
    await stream.frames.find((frame) => frame.type === "ack" && frame.id === "s-2");
    await first.hub.publisher.publish("room:lobby:a", { type: "tick", id: "t-1" });
    expect(await stream.frames.find((frame) => frame.type === "tick")).toMatchObject({
      room: "lobby:a",
      offset: 1,
    });
    stream.abort();
    await waitUntil(() => first.hub.context.connections.size === 0);
    expect(first.hub.context.rooms.size).toBe(0);
  });

  test("accepts posted frames on any instance, from its own client only", async () => {
    const stream = await openStream();
    expect((await post(second, "/ws/send", stream.connection, lines([event("x-1")]))).status).toBe(202);
    await stream.frames.find((frame) => frame.type === "ack" && frame.id === "x-1");
    const forged = `${stream.connection.slice(0, stream.connection.lastIndexOf("."))}.forged`;
    expect((await post(first, "/ws/send", forged, lines([event("x-2")]))).status).toBe(403);
    expect((await post(second, "/ws/send", forged, lines([event("x-3")]))).status).toBe(403);
    await post(second, "/ws/send", stream.connection, lines([{ type: "heartbeat", id: "x-4" }]));
    await stream.frames.find((frame) => frame.id === "x-4");
    expect(stream.frames.all.some((frame) => frame.id === "x-3")).toBe(false);
    stream.abort();
    await waitUntil(() => first.hub.context.connections.size === 0);
    for (const fixture of [first, second]) {
      const late = await post(fixture, "/ws/send", stream.connection);
      expect(late.status).toBe(410);
      expect(await late.json()).toMatchObject({ error: { code: "gone" } });
    }
    expect((await post(first, "/ws/send", "no-instance.1.x")).status).toBe(503);
  });

  test("ends with an event that has the close code and reason", async () => {
    const stream = await openStream();
    const [connection] = first.hub.context.connections.all();
    await closeConnections(
      first.hub.context,
      { by: "connection", id: connection?.id ?? "" },
      "closedByOperator",
    );
    await stream.ended;
    expect(stream.text.at(-1)).toBe('event: close\ndata: {"code":3503,"reason":"closedByOperator"}');
  });

  test("is refused under the same conditions as an upgrade", async () => {
    expect(
      (await fetch(`${first.http}/ws/sse`, { headers: { authorization: "Bearer nonsense" } })).status,
    ).toBe(401);
    expect(
      (await fetch(`${first.http}/ws/sse`, { headers: { origin: "https://evil.example" } })).status,
    ).toBe(403);
    expect((await post(first, "/ws/sse", null)).status).toBe(405);
    expect((await post(first, "/ws/send", null)).status).toBe(400);
    expect((await fetch(`${first.http}/elsewhere/sse`)).status).toBe(404);
    const socket = await connect(`${first.url}/ws`);
    const id = String((await socket.frames.next()).payload?.["connectionId"]);
    expect((await post(first, "/ws/send", `${id}.x`)).status).toBe(403);
    await socket.close();
  });
});

describe("long polling", () => {
  async function poll(connection: string | null, frames: readonly object[] = [], fixture = first) {
    const response = await post(fixture, "/ws/poll", connection, lines(frames));
    const received = (await response.text()).split("\n").filter((line) => line.startsWith("{"));
    return { response, frames: received.map((line): ReceivedFrame => JSON.parse(line)) };
  }

  /** Polls, with these frames first, until the wanted one arrives. */
  async function pollFor(
    connection: string,
    wanted: (frame: ReceivedFrame) => boolean,
    frames: readonly object[] = [],
  ) {
    const seen: ReceivedFrame[] = [];
    for (let sending = frames; !seen.some(wanted); sending = []) {
      const { response, frames: received } = await poll(connection, sending);
      if (response.status !== 200) throw new Error(`poll answered ${response.status}`);
      seen.push(...received);
    }
    return seen;
  }

  test("carries the same frames, and a poll waits until there is one", async () => {
    const opened = await poll(null);
    const [welcome] = opened.frames;
    if (welcome === undefined) throw new Error("no welcome");
    const connection = header(welcome);
    const answered = await pollFor(connection, (frame) => frame.id === "p-1", [event("p-1")]);
    expect(answered).toEqual([{ type: "ack", id: "p-1" }]);
    const join = { type: "join_room", id: "p-2", payload: { room: "lobby:b" } };
    await pollFor(connection, (frame) => frame.type === "ack", [join]);
    const waiting = poll(connection);
    await first.hub.publisher.publish("room:lobby:b", { type: "tick", id: "t-1" });
    expect((await waiting).frames).toMatchObject([{ type: "tick", room: "lobby:b", offset: 1 }]);
    const last = poll(connection);
    const open = first.hub.context.connections.get(connection.slice(0, connection.lastIndexOf(".")));
    if (!(open?.socket instanceof PollSocket)) throw new Error("no poll");
    const { socket } = open;
    await waitUntil(() => !socket.isAbandoned(-1), { what: "the poll to wait" });
    first.hub.context.delivery.close(open, "revoked");
    expect((await last).response.headers.get("x-cartway-closed")).toBe("3507");
    expect((await poll(connection)).response.status).toBe(410);
  });

  test("ends when the client stops polling, and its waiting frames are bounded", async () => {
    const { frames } = await poll(null);
    const connection = header(frames[0] ?? { type: "" });
    const join = { type: "join_room", id: "j", payload: { room: "lobby:c" } };
    await pollFor(connection, (frame) => frame.type === "ack", [join]);
    const [open] = first.hub.context.connections.all();
    const text = "x".repeat(10_000);
    for (let index = 0; index < 20; index++) {
      await first.hub.publisher.publish("room:lobby:c", { type: "tick", id: `t-${index}`, payload: text });
      sweep(first.hub.context);
    }
    expect(open?.latest?.size).toBe(1);
    expect(open?.socket?.getBufferedAmount()).toBeLessThan(65_536);
    const caught = await poll(connection);
    expect(caught.frames.length).toBeLessThan(10);
    sweep(first.hub.context);
    expect((await poll(connection)).frames.at(-1)?.id).toBe("t-19");
    await closeConnections(first.hub.context, { by: "connection", id: open?.id ?? "" }, "forcedReconnect");
    await waitUntil(() => first.hub.context.connections.size === 0);
  });
});

test("pages of allowed origins can read the responses of the fallbacks", async () => {
  const origin = `http://127.0.0.1:${first.port}`;
  const preflight = await fetch(`${first.http}/ws/send`, { method: "OPTIONS", headers: { origin } });
  expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
    204,
    expect.stringContaining("x-cartway-connection"),
  ]);
  const refused = await fetch(`${first.http}/ws/poll`, {
    method: "POST",
    headers: { origin, "x-cartway-connection": "nobody.x" },
  });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([410, origin]);
});
