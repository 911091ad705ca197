import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort, waitUntil } from "@libs/testing";
import { connect } from "node:tls";
import { checkedConfig, serviceAt, startGateway } from "../support/start-gateway.ts";
import { createTlsFixture } from "../support/tls/tls-fixture.ts";

const fixture = await createTlsFixture();
const { ca, authority, authorities, shop, api, secured, certificateFiles, configWith } = fixture;
afterAll(() => fixture[Symbol.asyncDispose]());

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
  ["that asks for client certificates too", { clientCertificates: { authorities, required: false } }],
])("a gateway %s", (_name, tls) => {
  test("proxies HTTP/1.1 and HTTP/2 alike, and forwards https and the real client's address to services", async () => {
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

  test("accepts X-Forwarded-Proto: http of a trusted proxy", async () => {
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

  test("tunnels WebSockets of routes over wss, both ways", async () => {
    const echo = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
      websocket: { message: (socket, text) => void socket.send(`echo ${String(text)}`) },
    });
    const base = configWith(tls);
    await using gateway = await startGateway({
      ...base,
      services: { ...base.services, echo: serviceAt(`http://127.0.0.1:${echo.port}`) },
      routes: [
        ...base.routes,
        { id: "tunnel", match: { path: "/tunnel" }, service: "echo", websocket: true },
      ],
    });
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/tunnel`, secured);
    const heard = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    socket.addEventListener("open", () => socket.send("hello"));
    expect(await heard).toBe("echo hello");
    socket.close();
    await echo.stop(true);
  });

  test("streams events without delay and large bodies both ways, over HTTP/1.1 and HTTP/2", async () => {
    const more = Promise.withResolvers<void>();
    const service = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        if (request.method === "POST") return new Response(String((await request.bytes()).length));
        const body = new ReadableStream({
          async start(controller) {
            controller.enqueue("data: first\n\n");
            await more.promise;
            controller.close();
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    const route = { id: "all", match: { path: "/*" }, service: "api", bodyBytesMax: 2 ** 30 };
    const services = { api: serviceAt(`http://127.0.0.1:${service.port}`) };
    await using gateway = await startGateway({ ...configWith(tls), services, routes: [route] });
    const streams: (Pick<ReadableStreamDefaultReader<Uint8Array>, "read"> | undefined)[] = [];
    for (const protocol of ["http1.1", "h2"] as const) {
      const reader = (await fetch(gateway.url, { ...secured, protocol })).body?.getReader();
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: first\n\n");
      streams.push(reader);
      const body = new Uint8Array(16 * 2 ** 20);
      const answer = await fetch(gateway.url, { ...secured, protocol, method: "POST", body });
      expect(await answer.text()).toBe(String(body.length));
    }
    more.resolve();
    for (const reader of streams) expect((await reader?.read())?.done).toBe(true);
    await service.stop(true);
  });

  test("adopts a renewed certificate by itself, and keeps the old one while key and certificate differ", async () => {
    const renewing = await certificateFiles("renewed.test", "before");
    await using gateway = await startGateway(
      configWith({ ...tls, certificates: [renewing], renewalCheckMs: 100 }),
    );
    expect(await shownTo(gateway.port, "renewed.test")).toBe("before");
    const next = await authority.issue({ commonName: "after", names: ["DNS:renewed.test", "IP:127.0.0.1"] });
    await Bun.write(renewing.cert.file, next.cert);
    await waitUntil(() => gateway.log.text().includes("the key belongs to another certificate"));
    expect(await shownTo(gateway.port, "renewed.test")).toBe("before");
    await Bun.write(renewing.key.file, next.key);
    await waitUntil(() => gateway.log.text().includes("certificates were replaced"));
    expect(await shownTo(gateway.port, "renewed.test")).toBe("after");
    expect((await fetch(gateway.url, secured)).status).toBe(200);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_tls_certificate_reloads_total{outcome="replaced"} 1');
    expect(metrics).toMatch(/cartway_tls_certificate_end_timestamp_seconds [1-9]/);
  });
});

describe("a reload", () => {
  test("replaces certificates, and changes nothing if they are unusable", async () => {
    await using gateway = await startGateway(configWith({ certificates: [shop] }));
    await gateway.gateway.reload(checkedConfig(configWith({ certificates: [api] })));
    expect(await shownTo(gateway.port, "shop.test")).toBe("api.test");
    const broken = configWith({ certificates: [{ cert: shop.cert, key: api.key }] });
    await expect(gateway.gateway.reload(checkedConfig(broken))).rejects.toThrow("another certificate");
    expect(await shownTo(gateway.port, "shop.test")).toBe("api.test");
  });

  test.each([
    ["TLS", undefined],
    ["client certificates", { clientCertificates: { authorities } }],
    ["the redirect", { redirect: { port: 1 } }],
  ])("cannot change %s, and reports it", async (_what, tls) => {
    await using gateway = await startGateway(configWith({}));
    const next = tls === undefined ? { ...configWith({}), server: {} } : configWith(tls);
    await expect(gateway.gateway.reload(checkedConfig(next))).rejects.toThrow("only be changed by a restart");
  });

  test.each([
    ["that client certificates are required", { required: false }, { required: true }],
    ["that they are optional", { required: true }, { required: false }],
  ])("cannot change %s, and reports it", async (_what, before, after) => {
    const asking = (how: object) => configWith({ clientCertificates: { authorities, ...how } });
    await using gateway = await startGateway(asking(before));
    await expect(gateway.gateway.reload(checkedConfig(asking(after)))).rejects.toThrow(
      "only be changed by a restart",
    );
  });

  test("cannot turn HTTP/2 on or off, and reports it", async () => {
    await using gateway = await startGateway(configWith({ http2: false }));
    await expect(gateway.gateway.reload(checkedConfig(configWith({ http2: true })))).rejects.toThrow(
      "only be changed by a restart",
    );
  });

  test("with authorities that are none is refused", async () => {
    const file = join(fixture.directory, "no-authorities.pem");
    await Bun.write(file, "no pem");
    const asking = (from: object) => configWith({ clientCertificates: { authorities: from } });
    await using gateway = await startGateway(asking(authorities));
    await expect(gateway.gateway.reload(checkedConfig(asking({ file })))).rejects.toThrow(
      "its authorities are no certificates in PEM",
    );
  });
});

test("members of a room still receive what is published after the listener was replaced", async () => {
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

test("plain http is redirected to https if configured", async () => {
  const port = await freePort();
  await using gateway = await startGateway(configWith({ redirect: { port } }));
  const answer = await fetch(`http://127.0.0.1:${port}/a?b=c`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([308, `${gateway.url}/a?b=c`]);
});

test.each([
  ["no certificate", "no pem", "its cert is no certificate in PEM"],
  ["two for the same name", null, "two of them are for shop.test"],
])(
  "a gateway with %s does not start, and reports the cause without the key",
  async (_what, cert, problem) => {
    const file = join(fixture.directory, "broken.pem");
    await Bun.write(file, cert ?? (await Bun.file(shop.cert.file).text()));
    const certificates = [shop, { cert: { file }, key: shop.key }];
    await expect(startGateway(configWith({ certificates }))).rejects.toThrow(problem);
  },
);
