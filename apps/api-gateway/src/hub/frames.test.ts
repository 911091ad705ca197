import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startEventService } from "../../test/hub/event-service.ts";
import { connect } from "../../test/hub/hub-client.ts";
import { startHub } from "../../test/hub/start-hub.ts";

const service = startEventService();
const services = { ingestion: service.url, prediction: service.url, gone: "http://127.0.0.1:1" };
const hub = {
  endpoints: [
    {
      path: "/ws",
      authenticate: { with: ["platform"], anonymous: true },
      messages: {
        cart_event: {
          service: "ingestion",
          path: "/events",
          ack: "durable",
          batch: { max: 100, waitMs: 2 },
          userIdField: "shopperId",
        },
        received_event: { service: "ingestion", path: "/events", ack: "received", batch: {} },
        silent_event: { service: "ingestion", path: "/events", ack: "none", batch: {} },
        single_event: { service: "ingestion", path: "/single" },
        prediction_request: { service: "prediction", path: "/predict", reply: "prediction" },
        stopped: { service: "gone", path: "/events", batch: {} },
        slow: { service: "ingestion", path: "/slow", timeoutMs: 20 },
        limited: { service: "ingestion", path: "/single", rate: { perSec: 1, burst: 2 }, bytesMax: 200 },
        checked: {
          service: "ingestion",
          path: "/single",
          schema: {
            type: "object",
            properties: { sku: { type: "string", minLength: 1 } },
            required: ["sku"],
          },
        },
      },
    },
  ],
};
const fixture = startHub({ hub, services });
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});
afterEach(() => service.respond(null));

const open = (headers: Record<string, string> = {}) => connect(`${fixture.url}/ws`, { headers });
const event = (id: string, payload: object = {}) => ({ type: "cart_event", id, sessionId: "s-1", payload });

describe("a message of a configured type", () => {
  test("is acknowledged once its service has accepted it, with the frame's id and session filled in", async () => {
    const client = await open();
    expect(await client.ask(event("e-1", { type: "view_page" }))).toEqual({ type: "ack", id: "e-1" });
    const call = await service.calls.find(({ elements }) => JSON.stringify(elements).includes("e-1"));
    expect(call.path).toBe("/events");
    expect(call.elements).toEqual([{ type: "view_page", id: "e-1", sessionId: "s-1" }]);
    await client.close();
  });

  test("keeps the payload's own id and session", async () => {
    const client = await open();
    await client.ask(event("frame-1", { id: "own-1", sessionId: "own-session" }));
    const call = await service.calls.find(({ elements }) => JSON.stringify(elements).includes("own-1"));
    expect(call.elements).toEqual([{ id: "own-1", sessionId: "own-session" }]);
    await client.close();
  });

  test("carries the authenticated user, whatever userId the client sends", async () => {
    const client = await open({ authorization: "Bearer user-ana" });
    await client.ask({ ...event("u-1", { shopperId: "mallory" }), userId: "mallory" });
    const call = await service.calls.find(({ elements }) => JSON.stringify(elements).includes("u-1"));
    expect(call.elements[0]?.["shopperId"]).toBe("ana");
    await client.ask({ type: "single_event", id: "u-2", payload: {} });
    const single = await service.calls.find(({ elements }) => elements[0]?.["id"] === "u-2");
    expect(single.headers.get("x-user-id")).toBe("ana");
    expect(single.headers.get("x-auth-method")).toBe("jwt");
    await client.close();
  });

  test("is sent in one call with those of other connections, each answered by its index", async () => {
    const clients = await Promise.all([open(), open(), open()]);
    service.respond((elements) => {
      const index = elements.findIndex((element) => element["bad"] === true);
      const rejected =
        index < 0 ? [] : [{ index, code: "validation_failed", message: "bad one", retryable: false }];
      return Response.json({ accepted: elements.length - rejected.length, duplicates: 0, rejected });
    });
    const answers = await Promise.all(
      clients.map((client, index) => client.ask(event(`b-${index}`, index === 1 ? { bad: true } : {}))),
    );
    expect(answers.map((answer) => answer.type)).toEqual(["ack", "error", "ack"]);
    expect(answers[1]?.error).toEqual({ code: "validation_failed", message: "bad one", retryable: false });
    await Promise.all(clients.map((client) => client.close()));
  });

  test("with `ack: received` is acknowledged before its service answers", async () => {
    const client = await open();
    const held = Promise.withResolvers<Response>();
    service.respond(() => held.promise);
    expect((await client.ask({ type: "received_event", id: "r-1", payload: {} })).type).toBe("ack");
    held.resolve(Response.json({ accepted: 1, duplicates: 0, rejected: [] }));
    await client.close();
  });

  test("with `ack: none` is answered only with errors", async () => {
    const client = await open();
    client.send({ type: "silent_event", id: "n-1", payload: {} });
    expect((await client.ask({ type: "silent_event", id: "n-2", payload: [] })).type).toBe("error");
    await service.calls.find(({ elements }) => JSON.stringify(elements).includes("n-1"));
    await client.ask({ type: "heartbeat", id: "n-3" });
    expect(client.frames.all.some((frame) => frame.id === "n-1")).toBe(false);
    await client.close();
  });

  test("with a reply gets the service's answer as a frame of its own type, then its ack", async () => {
    const client = await open();
    service.respond(() => Response.json({ probability: 0.25 }));
    await client.ask({ type: "prediction_request", id: "p-1", payload: { cartId: "c" } });
    const own = client.frames.all.filter((frame) => frame.id === "p-1");
    expect(own).toEqual([
      { type: "prediction", id: "p-1", payload: { probability: 0.25 } },
      { type: "ack", id: "p-1" },
    ]);
    const call = await service.calls.find(({ path }) => path === "/predict");
    expect(call).toMatchObject({ isArray: false, elements: [{ cartId: "c" }] });
    await client.close();
  });
});

describe("each id gets exactly one answer", () => {
  test("a thousand frames at once get a thousand acks, none twice", async () => {
    const client = await open();
    const ids = Array.from({ length: 1000 }, (_, index) => `many-${index}`);
    for (const id of ids) client.send(event(id));
    const acked = () => client.frames.all.filter((frame) => frame.type === "ack").map((frame) => frame.id);
    await waitUntil(() => acked().length >= ids.length, { what: "an ack of each" });
    expect(acked().length).toBe(ids.length);
    expect(new Set(acked())).toEqual(new Set(ids));
    await client.close();
  });

  test("the same frame again is acknowledged again without asking the service", async () => {
    const client = await open();
    await client.ask(event("again-1", { quantity: 1 }));
    client.send(event("again-1", { quantity: 1 }));
    await client.ask({ type: "heartbeat", id: "again-2" });
    expect(client.frames.all.filter((frame) => frame.id === "again-1").map((frame) => frame.type)).toEqual([
      "ack",
      "ack",
    ]);
    expect(
      service.calls.all.filter(({ elements }) => JSON.stringify(elements).includes("again-1")).length,
    ).toBe(1);
    await client.close();
  });

  test("the same id with another payload is a conflict", async () => {
    const client = await open();
    await client.ask(event("c-1", { quantity: 1 }));
    client.send(event("c-1", { quantity: 2 }));
    const conflict = await client.frames.find((frame) => frame.error?.code === "conflict");
    expect(conflict).toMatchObject({ id: "c-1", error: { retryable: false } });
    await client.close();
  });

  test("a refused id can be used again with a corrected payload", async () => {
    const client = await open();
    service.respond(() =>
      Response.json({ accepted: 0, duplicates: 0, rejected: [{ index: 0, code: "validation_failed" }] }),
    );
    expect((await client.ask(event("mend-1", { quantity: -1 }))).type).toBe("error");
    service.respond(null);
    client.send(event("mend-1", { quantity: 1 }));
    await client.frames.find((frame) => frame.type === "ack" && frame.id === "mend-1");
    await client.close();
  });
});

describe("when a service fails", () => {
  const cases: [
    name: string,
    type: string,
    response: (() => Response | Promise<Response>) | null,
    code: string,
    retryable: boolean,
  ][] = [
    ["it is stopped", "stopped", null, "upstream_unreachable", true],
    ["it is too late", "slow", () => new Promise<Response>(() => {}), "upstream_timeout", true],
    ["it fails", "cart_event", () => new Response("oops", { status: 500 }), "upstream_invalid", true],
    ["it is overloaded", "cart_event", () => new Response("", { status: 503 }), "no_target", true],
    [
      "its counts do not add up",
      "cart_event",
      () => Response.json({ accepted: 7, duplicates: 0, rejected: [] }),
      "upstream_invalid",
      true,
    ],
    ["it refuses by status", "single_event", () => new Response("", { status: 404 }), "not_found", false],
    [
      "it refuses by the envelope",
      "single_event",
      () => Response.json({ error: { code: "conflict", message: "no" } }, { status: 409 }),
      "conflict",
      false,
    ],
    ["its reply is no JSON", "prediction_request", () => new Response("no"), "upstream_invalid", true],
  ];
  test.each(cases)(
    "%s: the sender gets an error with retryable, never an ack",
    async (_name, type, response, code, retryable) => {
      const client = await open();
      service.respond(response);
      const answer = await client.ask({ type, id: crypto.randomUUID(), payload: { quantity: 1 } });
      expect(answer.error).toMatchObject({ code, retryable });
      await client.close();
    },
  );

  test("the service's validation details reach the sender", async () => {
    const client = await open();
    const details = [{ path: "/sku", message: "missing" }];
    service.respond(() => Response.json({ error: { code: "validation_failed", details } }, { status: 422 }));
    const answer = await client.ask({ type: "single_event", id: "d-1", payload: {} });
    expect(answer.error?.["details"]).toEqual(details);
    await client.close();
  });
});

describe("the hub itself refuses", () => {
  test("unknown types, and payloads that are not objects, do not match their schema or are too long", async () => {
    const client = await open();
    const answers = [
      await client.ask({ type: "no_such_type", id: "x-1", payload: {} }),
      await client.ask({ type: "cart_event", id: "x-2", payload: [1] }),
      await client.ask({ type: "checked", id: "x-3", payload: {} }),
      await client.ask({ type: "limited", id: "x-4", payload: { text: "a".repeat(300) } }),
    ];
    expect(answers.map((answer) => answer.error?.code)).toEqual([
      "unknown_message_type",
      "validation_failed",
      "validation_failed",
      "payload_too_large",
    ]);
    expect(answers[0]?.error?.["message"]).toContain("of those that go to services: cart_event");
    expect(answers[2]?.error?.["details"]).toEqual([{ path: "/sku", message: "Expected required property" }]);
    expect((await client.ask({ type: "checked", id: "x-5", payload: { sku: "A" } })).type).toBe("ack");
    await client.close();
  });

  test("frames above their type's rate, with the time to wait; other types are not affected", async () => {
    const client = await open();
    const answers = [];
    for (let index = 0; index < 3; index++)
      answers.push(await client.ask({ type: "limited", id: `l-${index}`, payload: {} }));
    expect(answers.map((answer) => answer.type)).toEqual(["ack", "ack", "error"]);
    expect(answers[2]?.error).toMatchObject({
      code: "rate_limited",
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    expect((await client.ask(event("l-other"))).type).toBe("ack");
    await client.close();
  });
});

test("a heartbeat is answered with a heartbeat, or with an ack if it has an id", async () => {
  const client = await open();
  client.send({ type: "heartbeat" });
  await client.frames.find((frame) => frame.type === "heartbeat");
  expect((await client.ask({ type: "heartbeat", id: "h-1" })).type).toBe("ack");
  await client.close();
});

test("the first frame tells the client its identity and limits", async () => {
  const client = await open({ authorization: "Bearer user-ana" });
  const welcome = await client.frames.next();
  expect(welcome).toEqual({
    type: "welcome",
    payload: {
      connectionId: expect.any(String),
      userId: "ana",
      expiresAt: null,
      expiresInMs: null,
      heartbeatMs: 25_000,
      frameBytesMax: 65_536,
      rooms: [],
    },
  });
  await client.close();
});
