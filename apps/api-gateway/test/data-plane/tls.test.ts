import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createMeshAuthority, createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";
import { connect } from "node:tls";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/start-upstream.ts";

const directory = await createTemporaryDirectory();
const authority = await createMeshAuthority("Shops");
const ca = authority.certificate;
afterAll(async () => {
  await authority[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** A certificate on disk, as the config names it. */
async function certificateFiles(name: string, commonName = name) {
  const pair = await authority.issue({ commonName, names: [`DNS:${name}`, "IP:127.0.0.1"] });
  const file = { cert: join(directory.path, `${name}.pem`), key: join(directory.path, `${name}.key`) };
  await Bun.write(file.cert, pair.cert);
  await Bun.write(file.key, pair.key);
  return { cert: { file: file.cert }, key: { file: file.key } };
}

const shop = await certificateFiles("shop.test");
const api = await certificateFiles("api.test");
const clientAuthority = join(directory.path, "ca.pem");
await Bun.write(clientAuthority, ca);
const machine = await authority.issue({ names: ["URI:spiffe://shop/ns/prod/api"] });

const upstream = startUpstream((request) => Response.json(Object.fromEntries(request.headers)));
afterAll(() => upstream[Symbol.asyncDispose]());

function configWith(tls: object, more: object = {}) {
  const { server = {}, routes = [], ...rest } = more as { server?: object; routes?: object[] };
  return {
    server: { tls: { certificates: [shop, api], ...tls }, ...server },
    services: { api: serviceAt(upstream.url) },
    routes: [...routes, { id: "all", match: { path: "/*" }, service: "api" }],
    ...rest,
  };
}

const secured = { tls: { ca } } as const;
const headersOf = async (answer: Response) => (await answer.json()) as Record<string, string>;

function shownTo(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", ca, servername, checkServerIdentity: () => undefined };
    const socket = connect(options, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe.each([
  ["that ends TLS", {}],
  [
    "that asks for client certificates too",
    { clientCertificates: { authorities: { file: clientAuthority }, required: false } },
  ],
])("a gateway %s", (_name, tls) => {
  test("proxies HTTP/1.1 and HTTP/2 alike, and tells services of https and of the real client", async () => {
    await using gateway = await startGateway(configWith(tls));
    expect(gateway.url).toStartWith("https://127.0.0.1:");
    for (const protocol of ["http1.1", "h2"] as const) {
      const headers = { "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "http" };
      const seen = await headersOf(await fetch(`${gateway.url}/a`, { ...secured, protocol, headers }));
      expect(seen).toMatchObject({
        "x-forwarded-proto": "https",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": `127.0.0.1:${gateway.port}`,
        host: `127.0.0.1:${gateway.port}`,
      });
    }
  });

  test("goes on where a trusted proxy says that its client came over plain http", async () => {
    const server = { trustedProxies: ["127.0.0.1"] };
    await using gateway = await startGateway(configWith(tls, { server }));
    const headers = { "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "http" };
    const seen = await headersOf(await fetch(`${gateway.url}/a`, { ...secured, headers }));
    expect(seen).toMatchObject({ "x-forwarded-proto": "http", "x-real-ip": "9.9.9.9" });
  });

  test("serves the hub over wss, with frames, rooms and acknowledgements as over ws", async () => {
    const hub = {
      endpoints: [
        { path: "/ws", authenticate: { anonymous: true }, rooms: { join: true, pattern: "lobby:{any}" } },
      ],
    };
    await using gateway = await startGateway(configWith(tls, { hub }));
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/ws`, secured);
    const frames: unknown[] = [];
    socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    socket.send(JSON.stringify({ type: "join_room", id: "j-1", payload: { room: "lobby:a" } }));
    await waitUntil(() => frames.some((frame) => JSON.stringify(frame).includes('"j-1"')));
    await gateway.gateway.publisher.publish("room:lobby:a", { type: "tick", id: "t-1" });
    await waitUntil(() => frames.some((frame) => JSON.stringify(frame).includes("tick")));
    socket.close();
  });

  test("takes up a renewed certificate by itself, and keeps the old one while key and certificate differ", async () => {
    const renewing = await certificateFiles("renewed.test", "before");
    await using gateway = await startGateway(
      configWith({ ...tls, certificates: [renewing], renewalCheckMs: 100 }),
    );
    expect(await shownTo(gateway.port, "renewed.test")).toBe("before");
    const next = await authority.issue({ commonName: "after", names: ["DNS:renewed.test", "IP:127.0.0.1"] });
    await Bun.write(renewing.cert.file, next.cert);
    await waitUntil(() => gateway.log.text().includes("the key is another certificate's"));
    expect(await shownTo(gateway.port, "renewed.test")).toBe("before");
    await Bun.write(renewing.key.file, next.key);
    await waitUntil(() => gateway.log.text().includes("shows other certificates"));
    expect(await shownTo(gateway.port, "renewed.test")).toBe("after");
    expect((await fetch(gateway.url, secured)).status).toBe(200);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_tls_certificate_reloads_total{outcome="replaced"} 1');
    expect(metrics).toMatch(/cartway_tls_certificate_end_timestamp_seconds [1-9]/);
  });
});

describe("a client's certificate", () => {
  const identity = {
    mesh: { type: "mtls", authorities: { file: clientAuthority }, spiffeIds: ["spiffe://shop/ns/prod/*"] },
  };
  const clientCertificates = { authorities: { file: clientAuthority }, required: false };
  const machines = {
    id: "machines",
    match: { path: "/machines" },
    service: "api",
    policies: [{ type: "authenticate", with: ["mesh"] }],
  };
  const withMachines = { identity, routes: [machines] };
  const told = `:${Buffer.from(machine.cert.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64").toString("base64")}:`;

  test("is known without any proxy, over HTTP/1.1 and HTTP/2, and the service is told whose it is", async () => {
    await using gateway = await startGateway(configWith({ clientCertificates }, withMachines));
    for (const protocol of ["http1.1", "h2"] as const) {
      for (const _again of [1, 2]) {
        const options = { protocol, tls: { ca, ...machine } };
        const seen = await headersOf(await fetch(`${gateway.url}/machines`, options));
        expect(seen).toMatchObject({ "x-user-id": "spiffe://shop/ns/prod/api", "x-auth-method": "mtls" });
      }
    }
  });

  test("is nobody's who does not show it, whatever headers say", async () => {
    await using gateway = await startGateway(configWith({ clientCertificates }, withMachines));
    const headers = { "client-cert": told, "x-forwarded-client-cert": told };
    expect((await fetch(`${gateway.url}/machines`, { ...secured, headers })).status).toBe(401);
    const unknown = await authority.issue({ names: ["URI:spiffe://shop/ns/test/api"] });
    const answer = await fetch(`${gateway.url}/machines`, { keepalive: false, tls: { ca, ...unknown } });
    expect(answer.status).toBe(401);
  });

  test("of a trusted proxy speaks for the proxy alone: those who come through it are whom it says they are", async () => {
    const server = { trustedProxies: ["127.0.0.1"] };
    await using gateway = await startGateway(configWith({ clientCertificates }, { ...withMachines, server }));
    const proxy = { tls: { ca, ...machine } };
    expect((await fetch(`${gateway.url}/machines`, proxy)).status).toBe(401);
    const headers = { "client-cert": told };
    expect((await fetch(`${gateway.url}/machines`, { ...proxy, headers })).status).toBe(200);
  });

  test("opens the hub", async () => {
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
});

describe("a reload", () => {
  test("takes up other certificates, and changes nothing where they cannot be used", async () => {
    await using gateway = await startGateway(configWith({ certificates: [shop] }));
    await gateway.gateway.reload(checkedConfig(configWith({ certificates: [api] })));
    expect(await shownTo(gateway.port, "shop.test")).toBe("api.test");
    const broken = configWith({ certificates: [{ cert: shop.cert, key: api.key }] });
    await expect(gateway.gateway.reload(checkedConfig(broken))).rejects.toThrow("another certificate's");
    expect(await shownTo(gateway.port, "shop.test")).toBe("api.test");
  });

  test.each([
    ["TLS", undefined],
    ["client certificates", { clientCertificates: { authorities: { file: clientAuthority } } }],
    ["the redirect", { redirect: { port: 1 } }],
  ])("cannot change %s, and says so", async (_what, tls) => {
    await using gateway = await startGateway(configWith({}));
    const next = tls === undefined ? { ...configWith({}), server: {} } : configWith(tls);
    await expect(gateway.gateway.reload(checkedConfig(next))).rejects.toThrow("change with a restart only");
  });
});

test("a rooms' member whose listener was replaced hears what is published like all others", async () => {
  const hub = {
    endpoints: [
      { path: "/ws", authenticate: { anonymous: true }, rooms: { join: true, pattern: "lobby:{any}" } },
    ],
  };
  await using gateway = await startGateway(configWith({ certificates: [shop] }, { hub }));
  const join = async (): Promise<string[]> => {
    const heard: string[] = [];
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/ws`, secured);
    socket.addEventListener("message", ({ data }) => heard.push(String(data)));
    socket.addEventListener("open", () =>
      socket.send(JSON.stringify({ type: "join_room", id: "j-1", payload: { room: "lobby:a" } })),
    );
    await waitUntil(() => heard.some((text) => text.includes('"j-1"')));
    return heard;
  };
  const before = await join();
  await gateway.gateway.reload(checkedConfig(configWith({ certificates: [api] }, { hub })));
  const after = await join();
  await gateway.gateway.publisher.publish("room:lobby:a", { type: "tick", id: "t-1" });
  for (const heard of [before, after]) await waitUntil(() => heard.some((text) => text.includes("tick")));
});

test("plain http is sent to https where the config says so", async () => {
  const port = await freePort();
  await using gateway = await startGateway(configWith({ redirect: { port } }));
  const answer = await fetch(`http://127.0.0.1:${port}/a?b=c`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([308, `${gateway.url}/a?b=c`]);
});

test.each([
  ["no certificate", "no pem", "its cert is no certificate in PEM"],
  ["two for the same name", null, "two of them are made out to shop.test"],
])("a gateway with %s does not start, and says why without the key", async (_what, cert, problem) => {
  const file = join(directory.path, "broken.pem");
  await Bun.write(file, cert ?? (await Bun.file(shop.cert.file).text()));
  const certificates = [shop, { cert: { file }, key: shop.key }];
  await expect(startGateway(configWith({ certificates }))).rejects.toThrow(problem);
});
