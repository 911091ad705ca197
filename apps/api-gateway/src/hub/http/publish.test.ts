import { afterAll, expect, test } from "bun:test";
import { createHttpPublisher } from "@libs/messaging";
import { pick } from "@libs/testing";
import { connect } from "../../../test/hub/hub-client.ts";
import { SchemaCompiler } from "../../policies/request-validation/compile-schema.ts";
import { publishPath } from "../hub-paths.ts";
import { describedPaths } from "./described-paths.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

const endpoints = [
  { path: "/ws", authenticate: { with: ["platform"], anonymous: true }, rooms: { pattern: "lobby:{any}" } },
];
const fixture = startHub({ hub: { endpoints, publish: { with: ["platform"] } } });
const closed = startHub({ hub: { endpoints } });
afterAll(async () => {
  await fixture.stop();
  await closed.stop();
});

const post = (body: unknown, token = "publisher", url = fixture.http) =>
  fetch(`${url}/hub/publish`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

test("a service's frame reaches the room once, however often it is published", async () => {
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  const publisher = createHttpPublisher({
    url: fixture.http,
    credentials: () => ({ authorization: "Bearer publisher" }),
  });
  const frame = { type: "recovery_message", id: "m-1", payload: { text: "come back" } };
  const receipts = [
    await publisher.publish("room:lobby:a", frame),
    await publisher.publish("room:lobby:a", frame),
  ];
  expect(receipts).toEqual([
    receipts[1] ?? { id: "", position: null },
    { id: "m-1", position: { epoch: expect.any(String), offset: 1 } },
  ]);
  await publisher.publish("room:lobby:a", { type: "last", timestamp: 7 }, { history: null });
  await client.frames.find((frame) => frame.type === "last");
  expect(client.frames.all.filter((frame) => frame.id === "m-1").length).toBe(1);
  await client.close();
});

test("several frames in one request are published in order, each with its own result", async () => {
  const client = await connect(`${fixture.url}/ws`);
  await client.ask({ type: "join_room", id: "j", payload: { room: "lobby:several" } });
  const channel = "room:lobby:several";
  const one = (id: string) => ({ channel, frame: { type: "tick", id } });
  const response = await post([
    one("s-1"),
    { channel: "hub:control", frame: { type: "x" } },
    {},
    one("s-2"),
    one("s-1"),
  ]);
  expect(response.status).toBe(200);
  const answers: readonly { error?: { code: string } }[] = JSON.parse(await response.text());
  expect(answers.map(({ error }) => error?.code ?? "published")).toEqual([
    "published",
    "bad_request",
    "validation_failed",
    "published",
    "published",
  ]);
  expect(answers[4]).toEqual(answers[0] ?? {});
  await client.frames.find((frame) => frame.id === "s-2");
  expect(client.frames.all.filter((frame) => frame.type === "tick").map(({ id }) => id)).toEqual([
    "s-1",
    "s-2",
  ]);
  await client.close();
});

test("an invalid body is reported once per path, including paths inside history", async () => {
  const detailsOf = async (body: object) => pick(await (await post(body)).json(), "error", "details");
  const frame = { type: "x" };
  expect(await detailsOf({ channel: "room:a", frame, history: { size: 1, ttlMs: 9 } })).toEqual([
    { path: "/history/sizeMax", message: "Expected required property" },
    { path: "/history/size", message: "Unexpected property" },
  ]);
  expect(await detailsOf({ frame })).toEqual([{ path: "/channel", message: "Expected required property" }]);
  expect((await post({ channel: "room:a", frame, history: null })).status).toBe(200);
});

test.each(["ack", "error", "welcome", "room_joined", "reconnect"])(
  "services cannot publish the built-in type %s",
  async (type) => {
    const response = await post({ channel: "room:a", frame: { type, id: "1" } });
    const message = `${type} is a type of the hub's own.`;
    expect(await response.json()).toMatchObject({ error: { code: "bad_request", message } });
  },
);

test.each([
  ["no credential", () => fetch(`${fixture.http}/hub/publish`, { method: "POST", body: "{}" }), 401],
  ["a caller without the scope", () => post({ channel: "room:a", frame: { type: "x" } }, "user-ana"), 403],
  ["an identity that cannot be asked", () => post({}, "unavailable"), 503],
  ["another method", () => fetch(`${fixture.http}/hub/publish`), 405],
  ["no JSON", () => post("{"), 400],
  ["a body that does not fit", () => post({ channel: "room:a", frame: { type: "" }, more: 1 }), 422],
  ["a channel that is none", () => post({ channel: "hub:control", frame: { type: "x" } }), 400],
  ["too much", () => post({ channel: "room:a", frame: { type: "x", payload: "a".repeat(600_000) } }), 413],
  ["too many at once", () => post(Array.from({ length: 1001 }, () => ({}))), 413],
  ["several of a caller without the scope", () => post([{}], "user-ana"), 403],
  [
    "a hub that offers it to nobody",
    () => post({ channel: "room:a", frame: { type: "x" } }, "publisher", closed.http),
    404,
  ],
])("%s is refused in the envelope", async (_name, ask, status) => {
  const response = await ask();
  expect(response.status).toBe(status);
  const body: { error: { code: string } } = JSON.parse(await response.text());
  expect(body.error.code).toBeString();
});

test("the answers match the OpenAPI document", async () => {
  const operation = pick(describedPaths, publishPath, "post");
  const good = await (await post([{ channel: "room:a", frame: { type: "x" } }, {}])).json();
  const [receipt, refusal] = Array.isArray(good) ? good : [];
  const schema = pick(operation, "responses", "200", "content", "application/json", "schema");
  const of = (place: number) =>
    Object.keys(Object(pick(schema, "oneOf", 1, "items", "oneOf", place, "properties"))).toSorted();
  expect(Object.keys(receipt).toSorted()).toEqual(of(0));
  expect(Object.keys(refusal)).toEqual(of(1));
});

test("a publication is accepted exactly if the OpenAPI document allows it", async () => {
  const document = JSON.parse(JSON.stringify(describedPaths));
  const content = pick(document, publishPath, "post", "requestBody", "content", "application/json");
  const validate = new SchemaCompiler({ coerces: false, isLenient: false }).compile(
    Object(pick(content, "schema", "oneOf", 0)),
  );
  const channel = "room:described";
  const frame = { type: "x" };
  const bodies = [
    { channel, frame },
    { channel, frame: { ...frame, payload: [null], id: "d-1", timestamp: "now" }, history: null },
    { channel, frame: { ...frame, timestamp: 1 }, history: { sizeMax: 1, ttlMs: 1000 } },
    {},
    { channel },
    { channel: "room:".padEnd(257, "a"), frame },
    { channel, frame: { type: "" } },
    { channel, frame: { ...frame, timestamp: null } },
    { channel, frame: { ...frame, more: 1 } },
    { channel, frame, history: {} },
    { channel, frame, history: { sizeMax: 0, ttlMs: 1000 } },
    { channel, frame, more: 1 },
  ];
  const statuses = await Promise.all(bodies.map(async (body) => (await post(body)).status));
  expect(statuses).toEqual(bodies.map((body) => (validate(body, "").length === 0 ? 200 : 422)));
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
});
