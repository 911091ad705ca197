import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type AccessGateway, startAccessGateway } from "../support/access-gateway.ts";
import { expectRefused, handshake } from "./attacked-gateway.ts";

/** All clients connect from one address: one route admits only the office's network, another refuses this one. */
const routes = (deny: readonly string[]) => [
  {
    id: "office",
    match: { path: "/office/*" },
    service: "echo",
    policies: [{ type: "ip-rules", allow: ["10.0.0.0/8"] }],
  },
  { id: "shut", match: { path: "/shut/*" }, service: "echo", policies: [{ type: "ip-rules", deny }] },
];
const hub = {
  limits: { connectionsPerIp: 1 },
  endpoints: [{ path: "/ws", authenticate: { anonymous: true } }],
};
let plain: AccessGateway;
let proxied: AccessGateway;
beforeAll(async () => {
  const monotonicNow = () => performance.now() * 1000;
  plain = await startAccessGateway(() => ({ hub, routes: routes(["127.0.0.0/8"]) }), { monotonicNow });
  const server = { trustedProxies: ["127.0.0.1"] };
  proxied = await startAccessGateway(() => ({ server, hub, routes: routes(["203.0.113.0/24"]) }), {
    monotonicNow,
  });
});
afterAll(async () => {
  await plain.close();
  await proxied.close();
});

test("forwarding headers of untrusted clients are ignored", async () => {
  const forged = {
    "x-forwarded-for": "10.0.0.1",
    "x-real-ip": "10.0.0.1",
    forwarded: "for=10.0.0.1",
    "x-client-ip": "10.0.0.1",
    "true-client-ip": "10.0.0.1",
    "cf-connecting-ip": "10.0.0.1",
  };
  for (const [name, value] of Object.entries(forged))
    await expectRefused(plain, () => fetch(plain.url("/office/a"), { headers: { [name]: value } }), {
      status: 403,
    });
  await expectRefused(plain, () => fetch(plain.url("/shut/a"), { headers: forged }), { status: 403 });
});

test("behind a trusted proxy, an IPv4 address matches in every IPv6 notation of it", async () => {
  const spellings = [
    "203.0.113.9",
    "::ffff:203.0.113.9",
    "::FFFF:203.0.113.9",
    "::ffff:cb00:7109",
    "0:0:0:0:0:ffff:cb00:7109",
    "[::ffff:203.0.113.9]:4711",
    "203.0.113.9:4711",
  ];
  for (const spelling of spellings) {
    const headers = { "x-forwarded-for": spelling };
    await expectRefused(proxied, () => fetch(proxied.url("/shut/a"), { headers }), { status: 403 });
  }
});

test("behind a trusted proxy, X-Forwarded-For entries written by the client are ignored", async () => {
  for (const forwarded of ["10.0.0.1, 198.51.100.7", "10.0.0.1,, 198.51.100.7", "10.0.0.1, nonsense"]) {
    const headers = { "x-forwarded-for": forwarded };
    await expectRefused(proxied, () => fetch(proxied.url("/office/a"), { headers }), { status: 403 });
  }
});

describe("the limit on sockets per address holds", () => {
  const open = async (gateway: AccessGateway, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(gateway.url("/ws").replace("http:", "ws:"), { headers });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    return socket;
  };
  const another = (gateway: AccessGateway, headers: Record<string, string>) =>
    fetch(gateway.url("/ws"), { headers: { ...handshake, ...headers } });

  test("against a client that forges another address", async () => {
    const socket = await open(plain);
    const forged = { "x-forwarded-for": "10.0.0.1", forwarded: "for=10.0.0.1" };
    await expectRefused(plain, () => another(plain, forged), { status: 429 });
    socket.close();
  });

  test("against a client that changes its address within its own IPv6 /64", async () => {
    const socket = await open(proxied, { "x-forwarded-for": "2001:db8:1:1::1" });
    const next = { "x-forwarded-for": "2001:db8:1:1:ffff::2" };
    await expectRefused(proxied, () => another(proxied, next), { status: 429 });
    expect((await another(proxied, { "x-forwarded-for": "2001:db8:1:2::1" })).status).toBe(101);
    socket.close();
  });
});
