import { afterAll, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { startGateway } from "../support/start-gateway.ts";
import { createTlsFixture } from "../support/tls/tls-fixture.ts";

const fixture = await createTlsFixture();
const { ca, authority, authorities, machine, secured, configWith } = fixture;
afterAll(() => fixture[Symbol.asyncDispose]());

const headersOf = async (answer: Response) => (await answer.json()) as Record<string, string>;

const identity = {
  mesh: { type: "mtls", authorities, spiffeIds: ["spiffe://shop/ns/prod/*"] },
};
const clientCertificates = { authorities, required: false };
const machines = {
  id: "machines",
  match: { path: "/machines" },
  service: "api",
  policies: [{ type: "authenticate", with: ["mesh"] }],
};
const withMachines = { identity, routes: [machines] };
const told = `:${Buffer.from(machine.cert.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64").toString("base64")}:`;

test("a client certificate authenticates without a proxy, over HTTP/1.1 and HTTP/2, and the service learns its subject", async () => {
  await using gateway = await startGateway(configWith({ clientCertificates }, withMachines));
  for (const protocol of ["http1.1", "h2"] as const) {
    for (const _again of [1, 2]) {
      const options = { protocol, tls: { ca, ...machine } };
      const seen = await headersOf(await fetch(`${gateway.url}/machines`, options));
      expect(seen).toMatchObject({ "x-user-id": "spiffe://shop/ns/prod/api", "x-auth-method": "mtls" });
    }
  }
});

test("a client without a certificate is asked for one, and not for a token", async () => {
  await using gateway = await startGateway(configWith({ clientCertificates }, withMachines));
  const answer = await fetch(`${gateway.url}/machines`, secured);
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
    401,
    'ClientCertificate realm="cartway"',
  ]);
  expect(await answer.json()).toMatchObject({
    error: { code: "unauthenticated", message: "Authentication is required: a client certificate." },
  });
});

test("a user's token decides before the certificate of the machine that sends it, known or not", async () => {
  const text = "a secret of 32 bytes for HMAC ...";
  const secret = { file: `${fixture.directory}/users.secret` };
  await Bun.write(secret.file, text);
  const users = { type: "jwt", issuer: "shop", audience: "api", algorithms: ["HS256"], secret };
  const policies = [{ type: "authenticate", with: ["users", "mesh"] }];
  const config = { identity: { ...identity, users }, routes: [{ ...machines, policies }] };
  await using gateway = await startGateway(configWith({ clientCertificates }, config));
  const tokenOf = (subject: string) =>
    new SignJWT({ sub: subject, iss: "shop", aud: "api" })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1m")
      .sign(Buffer.from(text));
  const callerWith = async (headers: Record<string, string>) => {
    const answer = await fetch(`${gateway.url}/machines`, { headers, tls: { ca, ...machine } });
    return (await headersOf(answer))["x-user-id"];
  };
  expect(await callerWith({})).toBe("spiffe://shop/ns/prod/api");
  for (const user of ["ana", "ben"])
    expect(await callerWith({ authorization: `Bearer ${await tokenOf(user)}` })).toBe(user);
  const headers = { authorization: `Bearer ${await tokenOf("eve")}x` };
  const forged = await fetch(`${gateway.url}/machines`, { headers, tls: { ca, ...machine } });
  expect(forged.status).toBe(401);
  expect(await forged.json()).toMatchObject({ error: { code: "invalid_token" } });
});

test("headers cannot claim a certificate that the client did not present", async () => {
  await using gateway = await startGateway(configWith({ clientCertificates }, withMachines));
  const headers = { "client-cert": told, "x-forwarded-client-cert": told };
  expect((await fetch(`${gateway.url}/machines`, { ...secured, headers })).status).toBe(401);
  const unknown = await authority.issue({ names: ["URI:spiffe://shop/ns/test/api"] });
  const answer = await fetch(`${gateway.url}/machines`, { keepalive: false, tls: { ca, ...unknown } });
  expect(answer.status).toBe(401);
});

test("no route passes on the header that certificates arrive in, whatever its name is and however it is written", async () => {
  const mesh = { ...identity.mesh, header: "ssl-client-cert" };
  const open = { id: "open", match: { path: "/open" }, service: "api" };
  const config = { identity: { mesh }, routes: [open, machines] };
  for (const trustedProxies of [[], ["127.0.0.1"]]) {
    const server = { trustedProxies };
    await using gateway = await startGateway(configWith({ clientCertificates }, { ...config, server }));
    const headers = { "ssl-client-cert": told, ssl_client_cert: told, "Ssl.Client.Cert": told };
    for (const path of ["/open", "/machines"]) {
      const answer = await fetch(gateway.url + path, { headers, tls: { ca, ...machine } });
      const seen = await headersOf(answer);
      expect([answer.status, Object.keys(seen).filter((name) => /client.cert/i.test(name))]).toEqual([
        200,
        [],
      ]);
    }
  }
});

test("a trusted proxy's certificate identifies the proxy only; its clients are whom it names", async () => {
  const server = { trustedProxies: ["127.0.0.1"] };
  await using gateway = await startGateway(configWith({ clientCertificates }, { ...withMachines, server }));
  const proxy = { tls: { ca, ...machine } };
  expect((await fetch(`${gateway.url}/machines`, proxy)).status).toBe(401);
  const headers = { "client-cert": told };
  expect((await fetch(`${gateway.url}/machines`, { ...proxy, headers })).status).toBe(200);
});

test("a client certificate authenticates at the hub", async () => {
  const hub = { endpoints: [{ path: "/ws", authenticate: { with: ["mesh"] } }] };
  await using gateway = await startGateway(configWith({ clientCertificates }, { identity, hub }));
  const outcomeOf = (tls: object): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/ws`, { tls });
      socket.addEventListener("open", () => resolve("open"));
      socket.addEventListener("error", () => resolve("refused"));
    });
  expect(await outcomeOf({ ca, ...machine })).toBe("open");
  expect(await outcomeOf({ ca })).toBe("refused");
});
