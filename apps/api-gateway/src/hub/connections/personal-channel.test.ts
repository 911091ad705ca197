import { afterEach, expect, test } from "bun:test";
import { createMemoryBroker, disconnect } from "@libs/messaging";
import { connect } from "../../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub } from "../../../test/hub/start-hub.ts";
import type { Authentication } from "../../model/identity/authentication.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const broker = createMemoryBroker();
const endpoint = (path: string, personal: string) => ({
  path,
  authenticate: { with: ["platform"] },
  personal,
});

/** Names that contain characters which tokens cannot. */
const names: Readonly<Record<string, string>> = { spaced: "a b", escaped: "a%20b" };
const named = (text: string | undefined): string | null =>
  text === undefined ? null : (names[text] ?? text);

/** Tokens are `<subject>.<tenant>`; the token of a blocked caller is `barred`. */
function authenticate(token: string): Authentication {
  if (token === "barred") return { outcome: "barred", identity: "platform", reason: "suspended" };
  const [subject, tenantId] = token.split(".");
  const principal = principalOf(named(subject) ?? "", { tenantId: named(tenantId) });
  return { outcome: "authenticated", principal };
}

async function start(): Promise<HubFixture> {
  const endpoints = [
    endpoint("/device", "device"),
    endpoint("/customer", "customer"),
    endpoint("/none", "none"),
  ];
  const fixture = startHub({ hub: { endpoints }, broker, authenticate });
  await fixture.hub.start();
  stops.push(() => fixture.stop());
  return fixture;
}

const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test("publications to a customer reach all of its users and nobody else's", async () => {
  const { url, hub } = await start();
  const [ana, ben, eve] = await Promise.all(
    ["ana.c-1", "ben.c-1", "eve.c-2"].map((token) => connect(`${url}/customer`, as(token))),
  );
  for (const [customer, type] of [
    ["c-1", "first"],
    ["c-2", "second"],
  ])
    await hub.publisher.publish(`customer:${customer}`, { type: type ?? "" });
  const heard = await Promise.all(
    [ana, ben, eve].map((one) => one?.frames.find(({ type }) => type === "first" || type === "second")),
  );
  expect(heard.map((frame) => frame?.type)).toEqual(["first", "first", "second"]);
});

test("channel names are escaped, so that a similar name receives nothing", async () => {
  const { url, hub } = await start();
  const [ana, eve] = await Promise.all(
    ["ana.spaced", "eve.escaped"].map((token) => connect(`${url}/customer`, as(token))),
  );
  await hub.publisher.publish("customer:a%20b", { type: "secret" });
  await hub.publisher.publish("customer:a%2520b", { type: "own" });
  expect((await ana?.frames.find(({ type }) => type !== "welcome"))?.type).toBe("secret");
  expect((await eve?.frames.find(({ type }) => type !== "welcome"))?.type).toBe("own");
});

test("an endpoint for customers refuses callers without a customer, and every endpoint refuses blocked callers", async () => {
  const { http } = await start();
  const upgrade = async (path: string, token: string) => {
    const headers = { upgrade: "websocket", connection: "upgrade", authorization: `Bearer ${token}` };
    const answer = await fetch(http + path, { headers });
    return [answer.status, await answer.json()];
  };
  expect(await upgrade("/customer", "ana")).toMatchObject([403, { error: { code: "forbidden" } }]);
  expect(await upgrade("/device", "barred")).toMatchObject([403, { error: { code: "forbidden" } }]);
  expect(await upgrade("/none", "barred")).toMatchObject([403, { error: { code: "forbidden" } }]);
});

test("a service can close all connections of a personal channel, and no others", async () => {
  const { url } = await start();
  const taken = await Promise.all([connect(`${url}/device`, as("d-1")), connect(`${url}/device`, as("d-1"))]);
  const others = await Promise.all([
    connect(`${url}/device`, as("d-2")),
    connect(`${url}/customer`, as("ana.d-1")),
    connect(`${url}/none`, as("d-1")),
  ]);
  await disconnect(broker, "device:d-1");
  expect(await Promise.all(taken.map(async ({ closed }) => (await closed).code))).toEqual([3507, 3507]);
  for (const other of others) expect((await other.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  await expect(disconnect(broker, "hub:control")).rejects.toThrow("A channel is");
});
