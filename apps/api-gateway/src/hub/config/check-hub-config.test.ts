import { describe, expect, test } from "bun:test";
import { hubConfig } from "../../../test/hub/start-hub.ts";
import { checkHubConfig } from "./check-hub-config.ts";

const context = { services: ["ingestion"], identities: ["platform"] };
const endpoint = { path: "/ws", authenticate: { anonymous: true } };
const message = { service: "ingestion", path: "/events" };
const check = (hub: unknown) => checkHubConfig(hubConfig(hub), context);

test("the documented example is valid, with every default filled in", () => {
  const hub = {
    endpoints: [
      {
        path: "/ws",
        authenticate: { with: ["platform"], anonymous: true },
        messages: {
          cart_event: { service: "ingestion", path: "/events", ack: "durable" },
          prediction_request: { service: "ingestion", path: "/predict", reply: "prediction" },
        },
        rooms: { join: true, pattern: "cart:{sessionId}" },
      },
      { path: "/ws/device", authenticate: { with: ["platform"] } },
    ],
  };
  expect(check(hub)).toEqual([]);
  expect(hubConfig(hub).limits.maxConnections).toBeGreaterThan(0);
});

describe("configs that cannot work are refused, each at its path", () => {
  const cases: [name: string, hub: object, path: string, words: string][] = [
    [
      "a limit of frames by who nobody knows",
      { endpoints: [{ ...endpoint, frameLimit: { by: ["user"], limit: 1, windowMs: 1 } }] },
      "/endpoints/0/frameLimit/by/0",
      "unknown on this endpoint",
    ],
    ...(
      [
        ["of anybody's", { pattern: "product:{any}" }, "/rooms/pattern", "names no room"],
        ["of a session", { pattern: "cart:{sessionId}" }, "/rooms/pattern", "only from the first frame"],
        ["of users where there are none", { pattern: "orders:{userId}" }, "/rooms/pattern", "of nobody"],
        ["that is shut", { pattern: "all", join: false }, "/rooms/join", "cannot be shut"],
        ["that is asked about", { pattern: "all", ask: message }, "/rooms/ask", "no service is asked"],
      ] as const
    ).map(([name, rule, path, words]): [string, object, string, string] => [
      `a room at connect ${name}`,
      { endpoints: [{ ...endpoint, rooms: { ...rule, atConnect: true } }] },
      `/endpoints/0${path}`,
      words,
    ]),
    [
      "one field for the user's id and for all of the caller",
      { endpoints: [{ ...endpoint, messages: { m: { ...message, userIdField: "by", callerField: "by" } } }] },
      "/endpoints/0/messages/m/callerField",
      "cannot contain both",
    ],
    [
      "a limit of frames by a header",
      { endpoints: [{ ...endpoint, frameLimit: { by: [{ header: "x" }], limit: 1, windowMs: 1 } }] },
      "/endpoints/0/frameLimit/by/0",
      "tells no connection",
    ],
    [
      "a limit of frames without a size",
      { endpoints: [{ ...endpoint, frameLimit: { by: ["ip"] } }] },
      "/endpoints/0/frameLimit",
      "requires either",
    ],
    [
      "a limit of frames in Redis that says nothing of its absence",
      { endpoints: [{ ...endpoint, frameLimit: { by: ["ip"], limit: 1, windowMs: 1, store: "redis" } }] },
      "/endpoints/0/frameLimit/onStoreError",
      "missing",
    ],
    ["a path twice", { endpoints: [endpoint, endpoint] }, "/endpoints/1/path", "twice"],
    ["nobody may connect", { endpoints: [{ path: "/ws" }] }, "/endpoints/0/authenticate", "no client"],
    [
      "an unknown identity",
      { endpoints: [{ path: "/ws", authenticate: { with: ["x"] } }] },
      "/endpoints/0/authenticate/with",
      "identity x",
    ],
    [
      "an unknown service",
      { endpoints: [{ ...endpoint, messages: { a: { ...message, service: "x" } } }] },
      "/endpoints/0/messages/a/service",
      "service x",
    ],
    [
      "a built-in type",
      { endpoints: [{ ...endpoint, messages: { join_room: message } }] },
      "/endpoints/0/messages/join_room",
      "built-in",
    ],
    [
      "a built-in type as reply",
      { endpoints: [{ ...endpoint, messages: { a: { ...message, reply: "ack" } } }] },
      "/endpoints/0/messages/a/reply",
      "built-in",
    ],
    [
      "received with a reply",
      { endpoints: [{ ...endpoint, messages: { a: { ...message, reply: "b", ack: "received" } } }] },
      "/endpoints/0/messages/a/ack",
      "reply",
    ],
    [
      "a schema that is none",
      { endpoints: [{ ...endpoint, messages: { a: { ...message, schema: { type: "objekt" } } } }] },
      "/endpoints/0/messages/a/schema/type",
      "objekt",
    ],
    [
      "a room pattern that is none",
      { endpoints: [{ ...endpoint, rooms: { pattern: "{x}" } }] },
      "/endpoints/0/rooms/pattern",
      "{x}",
    ],
    [
      "one of several",
      { endpoints: [{ ...endpoint, rooms: [{ pattern: "a" }, { pattern: "{x}" }] }] },
      "/endpoints/0/rooms/1/pattern",
      "{x}",
    ],
    [
      "an unknown doorman",
      { endpoints: [{ ...endpoint, rooms: { pattern: "a", ask: { service: "x", path: "/" } } }] },
      "/endpoints/0/rooms/ask/service",
      "service x",
    ],
    [
      "an origin that is none",
      { endpoints: [{ ...endpoint, origins: ["shop.example"] }] },
      "/endpoints/0/origins",
      "origin",
    ],
    ["an unknown publisher", { publish: { with: ["x"] } }, "/publish/with", "identity x"],
    [
      "an unknown listener of sessions",
      { sessions: { left: { service: "x", path: "/" } } },
      "/sessions/left/service",
      "service x",
    ],
    [
      "heartbeats after the idle limit",
      { limits: { idleMs: 10_000, heartbeatMs: 20_000 } },
      "/limits/heartbeatMs",
      "disconnect",
    ],
  ];
  test.each(cases)("%s", (_name, hub, path, words) => {
    const issues = check(hub);
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).toContain(words);
  });
});

test("unknown fields are refused", () => {
  expect(() => hubConfig({ endpoints: [{ ...endpoint, colour: "red" }] })).toThrow("colour");
  expect(() => hubConfig({ limits: { maxConnections: 0 } })).toThrow("maxConnections");
});
