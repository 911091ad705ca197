import { afterAll, describe, expect, test } from "bun:test";
import { waitUntil, frameOf, openRaw } from "@libs/testing";
import { startEventService } from "../../test/hub/event-service.ts";
import { connect } from "../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../test/hub/start-hub.ts";
import { sweep } from "./connections/sweep.ts";

const service = startEventService();
const messages = { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 1 } } };
const endpoints = [
  { path: "/ws", authenticate: { anonymous: true }, messages, rooms: { pattern: "lobby:{any}" } },
];
const started: HubFixture[] = [];
function start(limits: object = {}): HubFixture {
  const fixture = startHub({ hub: { endpoints, limits }, services: { ingestion: service.url } });
  started.push(fixture);
  return fixture;
}
const fixture = start({ frameBytesMax: 4096, badFramesMax: 5 });
const port = fixture.port;
afterAll(async () => {
  for (const one of started) await one.stop();
  await service.stop();
});

/** A well-behaved client, used to check the hub after the hostile one. */
const neighbour = await connect(`${fixture.url}/ws`);
async function neighbourIsUnharmed(): Promise<void> {
  expect((await neighbour.ask({ type: "cart_event", id: crypto.randomUUID(), payload: {} })).type).toBe(
    "ack",
  );
}

describe("handshakes", () => {
  test.each([
    ["no key", ["sec-websocket-key:"], 400],
    ["another version", ["sec-websocket-version: 12"], 426],
  ])("%s is refused", async (_name, headers, status) => {
    const socket = await openRaw(port, "/ws", headers);
    expect(socket.status).toBe(status);
    socket.end();
    await neighbourIsUnharmed();
  });

  test("a hundred half-open upgrades do not delay other clients", async () => {
    const halves = await Promise.all(
      Array.from({ length: 100 }, () => Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })),
    );
    for (const half of halves) half.write("GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n");
    await neighbourIsUnharmed();
    expect(fixture.hub.context.connections.size).toBe(1);
    for (const half of halves) half.terminate();
  });
});

describe("frames that violate the WebSocket protocol close the connection with the matching code", () => {
  const bad = frameOf('{"type":"heartbeat"}');
  const cases: [name: string, bytes: Buffer, code: number][] = [
    ["not masked", frameOf("{}", { masked: false }), 1002],
    ["a reserved bit", frameOf("{}", { reserved: 4 }), 1002],
    ["an opcode that is none", frameOf("{}", { opcode: 3 }), 1002],
    ["a fragmented ping", frameOf("", { opcode: 9, fin: false }), 1002],
    ["a continuation of nothing", frameOf("{}", { opcode: 0 }), 1002],
    ["a ping that is too long", frameOf("a".repeat(126), { opcode: 9 }), 1002],
    ["invalid UTF-8", frameOf(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 1007],
    ["UTF-8 that ends in the middle", frameOf(Buffer.from([0xe2, 0x82])), 1007],
    ["1 MiB", frameOf("a".repeat(1_048_576)), 1009],
    [
      "4 GiB announced",
      Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]), bad]),
      1009,
    ],
    [
      "fragments that are too long together",
      Buffer.concat([frameOf("a".repeat(3000), { fin: false }), frameOf("a".repeat(3000), { opcode: 0 })]),
      1009,
    ],
    ["binary", frameOf("{}", { opcode: 2 }), 1003],
  ];
  test.each(cases)("%s", async (_name, bytes, code) => {
    const socket = await openRaw(port);
    expect(socket.status).toBe(101);
    socket.write(bytes);
    expect(await socket.closed).toBe(code);
    await neighbourIsUnharmed();
  });

  test("compressed frames are a protocol error: without permessage-deflate there are no decompression bombs", async () => {
    const socket = await openRaw(port, "/ws", ["sec-websocket-extensions: permessage-deflate"]);
    socket.write(frameOf(Bun.deflateSync(Buffer.from("a".repeat(10_000))), { reserved: 4 }));
    expect(await socket.closed).toBe(1002);
    await neighbourIsUnharmed();
  });
});

describe("texts that are not valid frames", () => {
  test("are each answered with an error, and repeated ones close the connection with 3501", async () => {
    const client = await connect(`${fixture.url}/ws`);
    const texts = [
      "{",
      "[]",
      '{"type":"x","payload":{"__proto__":{"admin":true}}}',
      '{"type":"x","more":1}',
      `{"type":"x","payload":${"[".repeat(30)}${"]".repeat(30)}}`,
    ];
    for (const text of texts) client.socket.send(text);
    expect(await client.closed).toEqual({ code: 3501, reason: "badFrames" });
    const codes = client.frames.all.flatMap(({ error }) => error?.code ?? []);
    expect(codes).toEqual(["invalid_json", "bad_request", "bad_request", "bad_request", "bad_request"]);
    await neighbourIsUnharmed();
  });

  test("fragmented frames are reassembled", async () => {
    const socket = await openRaw(port);
    socket.write(
      Buffer.concat([
        frameOf('{"type":"heart', { fin: false }),
        frameOf("", { opcode: 9 }),
        frameOf('beat","id":"h"}', { opcode: 0 }),
      ]),
    );
    const ack = await socket.frames.find(({ payload }) => payload.toString().includes('"ack"'));
    expect(JSON.parse(ack.payload.toString())).toEqual({ type: "ack", id: "h" });
    socket.end();
  });
});

describe("floods", () => {
  test("of frames are throttled with the time to wait, then closed with 3013", async () => {
    const limited = start({ framesPerSec: 10, framesBurst: 20, refusedMax: 30 });
    const client = await connect(`${limited.url}/ws`);
    for (let index = 0; index < 100; index++) client.send({ type: "heartbeat", id: `f-${index}` });
    expect((await client.closed).code).toBe(3013);
    const refused = client.frames.all.filter((frame) => frame.error?.code === "rate_limited");
    expect(client.frames.all.filter((frame) => frame.type === "ack").length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBe(31);
    expect(Number(refused[0]?.error?.["retryAfterMs"])).toBeGreaterThan(0);
  });

  test("of joins stop at the endpoint's maximum of rooms", async () => {
    const client = await connect(`${fixture.url}/ws`);
    const ids = Array.from({ length: 1500 }, (_, index) => `j-${index}`);
    for (const id of ids) client.send({ type: "join_room", id, payload: { room: `lobby:${id}` } });
    await client.answer("j-1499");
    const acked = client.frames.all.filter((frame) => frame.type === "ack").length;
    expect(acked).toBe(128);
    await client.close();
    await waitUntil(() => fixture.hub.context.rooms.size === 0);
    await neighbourIsUnharmed();
  });

  test("of pings are answered and do not delay others", async () => {
    const socket = await openRaw(port);
    socket.write(Buffer.concat(Array.from({ length: 2000 }, () => frameOf("x", { opcode: 9 }))));
    await neighbourIsUnharmed();
    await socket.frames.atLeast(2000);
    socket.end();
  });

  test("of unanswered frames pause reading until they are answered", async () => {
    const small = start({ pendingMax: 10 });
    const held = Promise.withResolvers<Response>();
    service.respond(() => held.promise);
    const client = await connect(`${small.url}/ws`);
    for (let index = 0; index < 50; index++)
      client.send({ type: "cart_event", id: `p-${index}`, payload: {} });
    await waitUntil(() => [...small.hub.context.connections.all()].some((connection) => connection.isPaused));
    service.respond(null);
    held.resolve(new Response("", { status: 503 }));
    for (let index = 0; index < 50; index++) await client.answer(`p-${index}`);
    await client.close();
  });

  test("beyond the hub's total limit are refused as overloaded and retryable", async () => {
    const small = start({ inFlightMax: 5 });
    const held = Promise.withResolvers<Response>();
    service.respond(() => held.promise);
    const client = await connect(`${small.url}/ws`);
    for (let index = 0; index < 6; index++)
      client.send({ type: "cart_event", id: `o-${index}`, payload: {} });
    expect((await client.answer("o-5")).error).toMatchObject({
      code: "overloaded",
      retryable: true,
      retryAfterMs: 250,
    });
    service.respond(null);
    held.resolve(Response.json({ accepted: 5, duplicates: 0, rejected: [] }));
    await client.answer("o-0");
    await client.close();
  });
});

describe("a client that does not read", () => {
  const text = "x".repeat(60_000);
  const history = null;

  async function openSlow(slow: HubFixture) {
    const socket = await openRaw(slow.port);
    socket.write(frameOf(JSON.stringify({ type: "join_room", id: "j", payload: { room: "lobby:slow" } })));
    await socket.frames.find(({ payload }) => payload.toString().includes('"ack"'));
    socket.pause();
    return socket;
  }

  test("is closed with 3008, and its memory is freed", async () => {
    const slow = start({ queueBytesMax: 262_144, slowConsumer: "close" });
    const reader = await connect(`${slow.url}/ws`);
    await reader.ask({ type: "join_room", id: "j", payload: { room: "lobby:slow" } });
    await openSlow(slow);
    for (let index = 0; index < 300; index++) {
      await slow.hub.publisher.publish(
        "room:lobby:slow",
        { type: "tick", id: `t-${index}`, payload: text },
        { history },
      );
      if (index % 10 === 0) await Bun.sleep(0);
    }
    await waitUntil(() => {
      sweep(slow.hub.context);
      return slow.hub.context.connections.size === 1;
    });
    await reader.frames.find((frame) => frame.id === "t-299");
    expect(reader.frames.all.filter((frame) => frame.type === "tick").length).toBe(300);
    const closes = await slow.metrics.render();
    expect(closes).toContain('cartway_hub_drops_total{reason="slow_consumer"} 1');
    await reader.close();
  }, 20_000);

  test("gets only the latest frame of each room with slowConsumer: latest", async () => {
    const slow = start({ queueBytesMax: 262_144, slowConsumer: "latest" });
    const socket = await openSlow(slow);
    const [connection] = slow.hub.context.connections.all();
    const isSlow = (): boolean => connection?.latest !== null;
    for (let index = 0; !isSlow(); index++) {
      await slow.hub.publisher.publish(
        "room:lobby:slow",
        { type: "tick", id: `t-${index}`, payload: text },
        { history },
      );
      if (index % 5 === 0) await Bun.sleep(0);
      sweep(slow.hub.context);
    }
    for (let index = 0; index < 500; index++) {
      await slow.hub.publisher.publish(
        "room:lobby:slow",
        { type: "tick", id: `late-${index}`, payload: text },
        { history },
      );
    }
    expect(connection?.latest?.size).toBe(1);
    socket.resume();
    await socket.frames.find(({ payload }) => payload.includes("late-499"));
    expect(socket.frames.all.some(({ payload }) => payload.includes("late-100"))).toBe(false);
    await slow.hub.publisher.publish("room:lobby:slow", { type: "tick", id: "live" }, { history });
    await socket.frames.find(({ payload }) => payload.includes('"live"'));
    socket.end();
  }, 20_000);

  test("is closed if it does not read its answers, which are never dropped", async () => {
    const slow = start({ queueBytesMax: 65_536, framesPerSec: 1_000_000, framesBurst: 1_000_000 });
    const socket = await openRaw(slow.port);
    socket.pause();
    const many = Buffer.concat(
      Array.from({ length: 500 }, (_, index) =>
        frameOf(`{"type":"heartbeat","id":"${"h".repeat(100)}${index}"}`),
      ),
    );
    await waitUntil(async () => {
      socket.write(many);
      await Bun.sleep(0);
      sweep(slow.hub.context);
      return [...slow.hub.context.connections.all()].every((connection) => connection.cutAt > 0);
    });
    socket.end();
  }, 20_000);
});
