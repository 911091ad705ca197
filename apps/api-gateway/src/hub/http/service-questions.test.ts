import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "../../../test/hub/hub-client.ts";
import { principalOf, startHub } from "../../../test/hub/start-hub.ts";
import { SchemaCompiler } from "../../policies/request-validation/compile-schema.ts";
import { describedPaths } from "./described-paths.ts";
import { pick } from "@libs/testing";

const endpoints = [
  {
    path: "/ws",
    authenticate: { with: ["platform"], anonymous: true },
    rooms: { pattern: "lobby:{any}", presence: true },
  },
  { path: "/ws/quiet", authenticate: { with: ["platform"] }, personal: "none" },
  { path: "/ws/device", authenticate: { with: ["platform"] }, personal: "device" },
];
/** A token is its scope, or a user's name. */
const authenticate = (token: string) => {
  const scopes = token.startsWith("hub.") ? [token.replace(".", ":")] : [];
  return { outcome: "authenticated", principal: principalOf(token, { scopes }) } as const;
};
const fixture = startHub({ authenticate, hub: { endpoints, publish: { with: ["platform"] } } });
const closed = startHub({ authenticate, hub: { endpoints } });
await fixture.hub.start();
afterAll(async () => {
  await fixture.stop();
  await closed.stop();
});

async function ask(path: string, body: unknown, token = "hub.read", http = fixture.http) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${http}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, answer: JSON.parse(await response.text()) };
}
const open = (user: string, path = "/ws") =>
  connect(`${fixture.url}${path}`, { headers: { authorization: `Bearer ${user}` } });

test("the history after a position is returned complete and in order, or not at all, without joining", async () => {
  const channel = "room:lobby:read";
  const { answer: before } = await ask("/hub/history", { channel });
  expect(before).toEqual({ position: { epoch: expect.any(String), offset: 0 }, complete: false, frames: [] });
  for (const id of ["1", "2", "3"]) await fixture.hub.publisher.publish(channel, { type: "tick", id });
  const since = { ...before.position, offset: 1 };
  const { answer } = await ask("/hub/history", { channel, since });
  expect(answer).toMatchObject({ position: { offset: 3 }, complete: true });
  expect(answer.frames).toEqual([
    { type: "tick", id: "2", timestamp: expect.any(Number), offset: 2 },
    { type: "tick", id: "3", timestamp: expect.any(Number), offset: 3 },
  ]);
  expect((await ask("/hub/history", { channel, since, limit: 1 })).answer).toMatchObject({
    complete: false,
    frames: [],
  });
});

test("the members of a room are listed and counted", async () => {
  const member = await open("ana");
  await member.ask({ type: "join_room", id: "j", payload: { room: "lobby:who" } });
  const { answer } = await ask("/hub/presence", { channel: "room:lobby:who" });
  expect(answer).toEqual({ count: 1, members: [{ connectionId: expect.any(String), userId: "ana" }] });
  expect((await ask("/hub/presence", { channel: "room:lobby:who", limit: 0 })).answer).toEqual({
    count: 1,
    members: [],
  });
  await member.close();
});

test("a user is disconnected on every endpoint, a device on its endpoint, and nobody else", async () => {
  const users = await Promise.all([open("ben"), open("ben", "/ws/quiet")]);
  const [device, neighbour] = await Promise.all([open("d-1", "/ws/device"), open("ana")]);
  expect(await ask("/hub/disconnect", { channel: "user:ben" }, "hub.disconnect")).toEqual({
    status: 200,
    answer: {},
  });
  for (const user of users) expect((await user.closed).code).toBe(3507);
  await ask("/hub/disconnect", { channel: "device:d-1" }, "hub.disconnect");
  expect((await device.closed).code).toBe(3507);
  expect((await neighbour.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  await neighbour.close();
});

describe("a service's query", () => {
  test.each([
    ["of a caller without its scope", "/hub/history", { channel: "room:a" }, "hub.publish", 403],
    ["of one who may only read, to disconnect", "/hub/disconnect", { channel: "user:a" }, "hub.read", 403],
    ["about what is no channel", "/hub/presence", { channel: "hub:control" }, "hub.read", 400],
    ["to disconnect a room", "/hub/disconnect", { channel: "room:a" }, "hub.disconnect", 400],
    ["that does not fit", "/hub/history", { channel: "room:a", since: 1 }, "hub.read", 422],
    ["that is too long", "/hub/history", { channel: "a".repeat(5000) }, "hub.read", 413],
  ])("%s is refused", async (_name, path, body, token, status) => {
    expect((await ask(path, body, token)).status).toBe(status);
  });

  test("is refused if the config names no publishers, and for other methods", async () => {
    expect((await ask("/hub/history", { channel: "room:a" }, "hub.read", closed.http)).status).toBe(404);
    expect((await fetch(`${fixture.http}/hub/presence`)).status).toBe(405);
  });

  test("is answered as the OpenAPI document describes", async () => {
    const channel = "room:lobby:described";
    for (const path of ["/hub/history", "/hub/presence"]) {
      const content = pick(describedPaths, path, "post", "responses", "200", "content", "application/json");
      const compiler = new SchemaCompiler({ coerces: false, isLenient: false });
      const validate = compiler.compile(Object(pick(content, "schema")));
      expect(validate((await ask(path, { channel })).answer, "")).toEqual([]);
    }
  });
});
