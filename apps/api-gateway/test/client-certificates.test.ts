import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createMeshAuthority, createTemporaryDirectory } from "@libs/testing";
import { EchoService } from "./support/access-gateway.ts";
import { startGateway } from "./support/start-gateway.ts";
import { frontAddress, startTlsFront } from "./support/tls/start-tls-front.ts";

const directory = await createTemporaryDirectory();
const mesh = await createMeshAuthority("Mesh");
const stranger = await createMeshAuthority("Stranger");
const authorities = join(directory.path, "ca.pem");
await Bun.write(authorities, mesh.certificate);
const echo = new EchoService();
const running = await startGateway({
  server: { trustedProxies: [frontAddress] },
  identity: {
    mesh: { type: "mtls", authorities: { file: authorities }, spiffeIds: ["spiffe://shop/ns/prod/*"] },
  },
  services: { echo: { discovery: { type: "static", targets: [{ url: echo.url }] } } },
  routes: [
    {
      id: "machines",
      match: { path: "/machines" },
      service: "echo",
      policies: [{ type: "authenticate", with: ["mesh"] }],
    },
    { id: "open", match: { path: "/open" }, service: "echo" },
  ],
  hub: { endpoints: [{ path: "/ws", authenticate: { with: ["mesh"] } }] },
});
const api = await mesh.issue({ names: ["URI:spiffe://shop/ns/prod/api"] });
const front = await startTlsFront(running.port, api, mesh.certificate);

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
  await echo.stop();
  for (const each of [mesh, stranger, directory]) await each[Symbol.asyncDispose]();
});

const told = `:${Buffer.from(api.cert.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64").toString("base64")}:`;

test("a client certificate authenticates its machine, and the service learns its identity", async () => {
  echo.seen.length = 0;
  expect((await front.ask("GET", "/machines", api)).status).toBe(200);
  const [seen] = echo.seen;
  expect(seen?.headers).toMatchObject({ "x-user-id": "spiffe://shop/ns/prod/api", "x-auth-method": "mtls" });
  expect(seen?.headers).not.toHaveProperty("client-cert");
});

test("a missing certificate, or one unknown to the identity, is refused", async () => {
  expect((await front.ask("GET", "/machines", null)).status).toBe(401);
  const unknown = await mesh.issue({ names: ["URI:spiffe://shop/ns/test/api"] });
  expect((await front.ask("GET", "/machines", unknown)).status).toBe(401);
  const foreign = await stranger.issue({ names: ["URI:spiffe://shop/ns/prod/api"] });
  expect((await front.ask("GET", "/machines", foreign)).status).toBe(403);
});

test("the certificate header of anyone but the proxy is ignored, and is not forwarded", async () => {
  expect((await fetch(`${running.url}/machines`, { headers: { "client-cert": told } })).status).toBe(401);
  expect((await front.ask("GET", "/machines", null, { "client-cert": told })).status).toBe(401);
  echo.seen.length = 0;
  const headers = { "client-cert": told, "client-cert-chain": told, "x-forwarded-client-cert": "Hash=ab" };
  expect((await fetch(`${running.url}/open`, { headers })).status).toBe(200);
  for (const name of Object.keys(headers)) expect(echo.seen[0]?.headers).not.toHaveProperty(name);
});

test("a certificate obtains a ticket for the hub, its copied header does not", async () => {
  const ticket = await front.ask("POST", "/auth/ws-ticket", api);
  expect(ticket.status).toBe(200);
  expect(await ticket.json()).toMatchObject({ ticket: expect.any(String) });
  const headers = { "client-cert": told };
  expect((await fetch(`${running.url}/auth/ws-ticket`, { method: "POST", headers })).status).toBe(401);
});
