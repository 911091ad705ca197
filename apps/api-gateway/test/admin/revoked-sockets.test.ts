import { afterAll, expect, test } from "bun:test";
import { origin } from "@libs/auth/testing";
import { closeCodes } from "@libs/messaging";
import { createEventLog } from "@libs/testing";
import { serviceAt } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { answerHandshake } from "../websocket/handshake-service.ts";
import { openClient } from "../websocket/socket-client.ts";
import { startSocketService } from "../websocket/socket-service.ts";
import { startAdminGatewayWithUsers } from "./start-admin.ts";

const service = startSocketService();
/** A service that delays its handshake until the test releases it. */
const handshakes = createEventLog<() => void>();
const slow = await startRawUpstream((socket, head) => handshakes.push(() => answerHandshake(socket, head)));
const identities = ["platform", "keys"];
const known = [{ type: "authenticate", with: identities }];
const tunnel = (id: string, more: object = {}) => ({
  id,
  match: { path: `/${id}` },
  service: "sockets",
  websocket: true,
  policies: known,
  ...more,
});
const admin = await startAdminGatewayWithUsers({
  identity: { platform: { type: "local" }, keys: { type: "api-key" } },
  services: { sockets: serviceAt(service.url), slow: serviceAt(slow.url) },
  routes: [
    tunnel("tunnel"),
    tunnel("slow", { service: "slow" }),
    tunnel("lasting", { websocket: { endsWithCredential: false } }),
    tunnel("open", { policies: [] }),
  ],
  hub: { endpoints: [{ path: "/ws", authenticate: { with: identities } }] },
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  await slow[Symbol.asyncDispose]();
});
const { auth, clock } = admin.fixture;

async function newUser(email: string) {
  await admin.ask("POST", "/users", { email, password: "a fine password", roles: ["customer"] });
  const { accessToken, user } = await auth.sessions.login({ email, password: "a fine password" }, origin);
  return { userId: user.id, headers: { authorization: `Bearer ${accessToken}` } };
}

async function newKey() {
  const { key, apiKey } = (await admin.ask("POST", "/api-keys", { name: "k", owner: "acme" })).body;
  return { keyId: String(apiKey.id), headers: { "x-api-key": String(key) } };
}

const open = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  openClient(`${admin.url}${path}`, { headers });

async function expectAlive(client: Awaited<ReturnType<typeof open>>) {
  const heard = client.messages.all.length;
  client.send("still here?");
  await client.messages.atLeast(heard + 1);
}

test("a tunnel is closed on both sides when its login is revoked; other users' tunnels, and those of routes that opt out, are not", async () => {
  const ana = await newUser("ana@shop.test");
  const ben = await newUser("ben@shop.test");
  const [gone, lasting, other, anonymous] = await Promise.all([
    open("/tunnel", ana.headers),
    open("/lasting", ana.headers),
    open("/tunnel", ben.headers),
    open("/open"),
  ]);
  await admin.ask("POST", `/users/${ana.userId}/sessions/revoke`);
  expect(await gone.closed).toEqual({ code: 1008, reason: "the credential was revoked" });
  expect(await service.closes.next()).toEqual({ code: 1008, reason: "the credential was revoked" });
  for (const client of [lasting, other, anonymous]) {
    await expectAlive(client);
    await client[Symbol.asyncDispose]();
  }
});

test("a tunnel and a socket of the hub end when their API key is revoked", async () => {
  const { keyId, headers } = await newKey();
  const [through, hub] = await Promise.all([open("/tunnel", headers), open("/ws", headers)]);
  await admin.ask("POST", `/api-keys/${keyId}/revoke`);
  expect((await through.closed).code).toBe(1008);
  expect((await hub.closed).code).toBe(closeCodes.revoked.code);
});

test("a tunnel and a socket of the hub stay open for a rotated API key's overlap, and no longer", async () => {
  const { keyId, headers } = await newKey();
  const [through, hub] = await Promise.all([open("/tunnel", headers), open("/ws", headers)]);
  await admin.ask("POST", `/api-keys/${keyId}/rotate`, { overlapMs: 200 });
  await expectAlive(through);
  await clock.advance(200);
  expect((await through.closed).code).toBe(1008);
  expect((await hub.closed).code).toBe(closeCodes.revoked.code);
});

test("a tunnel whose login is revoked while it opens is closed as soon as it is open", async () => {
  const dan = await newUser("dan@shop.test");
  const client = open("/slow", dan.headers);
  const answer = await handshakes.next();
  await admin.ask("POST", `/users/${dan.userId}/sessions/revoke`);
  await auth.feed.sync();
  answer();
  expect((await (await client).closed).code).toBe(1008);
});

test("a tunnel is closed when the token that opened it expires", async () => {
  const cleo = await newUser("cleo@shop.test");
  const client = await open("/tunnel", cleo.headers);
  await expectAlive(client);
  await clock.advance(24 * 3_600_000);
  expect(await client.closed).toEqual({ code: 1008, reason: "the credential expired" });
});
