import { afterAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { sendRaw, waitUntil } from "@libs/testing";
import { type RunningGateway, serviceAt, startGateway } from "../support/start-gateway.ts";
import { pourUntilFull } from "../support/upstreams/pour-until-full.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startPouring } from "../support/upstreams/start-pouring.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { createTlsFixture } from "../support/tls/tls-fixture.ts";

const fixture = await createTlsFixture();
afterAll(() => fixture[Symbol.asyncDispose]());
const { ca, authorities, shop, api } = fixture;

const sendTimeoutMs = 300;
const request = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

const gatewayTo = (url: string, tls: object | null = null): Promise<RunningGateway> =>
  startGateway({
    server: {
      sendTimeoutMs,
      accessLog: { sampleRatio: 1 },
      ...(tls === null ? {} : { tls: { certificates: [shop, api], ...tls } }),
    },
    services: { api: serviceAt(url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });

const endOf = ({ log }: RunningGateway): unknown => log.lines.find((line) => "ended" in line)?.["ended"];

/** A client that has sent its request, and reads nothing until it is resumed. */
async function ask(port: number, isTls: boolean): Promise<Socket> {
  const place = { port, host: "127.0.0.1" };
  const socket = isTls ? connectTls({ ...place, ca }) : connect(place);
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once(isTls ? "secureConnect" : "connect", resolve));
  socket.write(request);
  socket.pause();
  return socket;
}

describe.each([
  ["over plain http", null],
  ["over TLS", {}],
  ["over TLS with client certificates", { clientCertificates: { authorities, required: false } }],
])("a client %s", (_over, tls) => {
  test("that stops reading its response is disconnected; its service is released, and the cause is counted and logged", async () => {
    await using upstream = await startPouring();
    await using gateway = await gatewayTo(upstream.url, tls);
    const client = await ask(gateway.port, tls !== null);
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    await waitUntil(() => upstream.open() === 1, { what: "the service to be asked" });
    await waitUntil(() => upstream.open() === 0, { what: "the service's connection to close" });
    await waitUntil(() => endOf(gateway) !== undefined, { what: "a line of the access log" });
    expect(endOf(gateway)).toBe("client_too_slow");
    expect(await gateway.metrics.render()).toContain('cartway_gateway_slow_readers_total{route="all"} 1');
    client.resume();
    await closed;
  });

  test("that keeps reading slowly receives everything", async () => {
    const bytes = 4 * 2 ** 20;
    await using upstream = startUpstream(() => new Response(new Uint8Array(bytes)));
    await using gateway = await gatewayTo(upstream.url, tls);
    const client = await ask(gateway.port, tls !== null);
    let read = 0;
    client.on("data", (chunk: Buffer) => {
      read += chunk.byteLength;
      client.pause();
      setTimeout(() => client.resume(), 20);
    });
    client.resume();
    await waitUntil(() => read > bytes, { what: "all of the answer", timeoutMs: 30_000 });
    await waitUntil(() => endOf(gateway) !== undefined, { what: "a line of the access log" });
    expect(endOf(gateway)).toBe("answered");
    client.destroy();
  }, 40_000);
});

test("a client that waits for a slow service does not count as slow", async () => {
  const { promise: isLate, resolve } = Promise.withResolvers<void>();
  await using upstream = startUpstream(
    () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
            await isLate;
            controller.enqueue(new TextEncoder().encode("data: 2\n\n"));
            controller.close();
          },
        }),
      ),
  );
  await using gateway = await gatewayTo(upstream.url);
  // Another client is disconnected meanwhile, which shows that enough time has passed.
  await using pouring = await startPouring();
  await using other = await gatewayTo(pouring.url);
  const answer = sendRaw(gateway.port, request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  const slow = await ask(other.port, false);
  await waitUntil(() => endOf(other) === "client_too_slow", { what: "the other one to be cut" });
  resolve();
  expect((await answer).body).toContain("data: 2");
  slow.destroy();
});

test("a service that gives up on a client that reads slowly has not failed, one whose answer breaks off by itself has", async () => {
  const part = Buffer.alloc(65_536, 97);
  const full = Promise.withResolvers<() => void>();
  await using upstream = await startRawUpstream((socket, head) => {
    if (!head.includes("/pour")) return void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    if (head.includes("/pour/less")) return void socket.write(part, () => socket.resetAndDestroy());
    void pourUntilFull(socket, 300).then(() => full.resolve(() => socket.resetAndDestroy()));
  });
  const breaker = { service: { failuresInARow: 1, openMs: 60_000 } };
  await using gateway = await startGateway({
    services: { api: serviceAt(upstream.url, { breaker }) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
  const status = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
  const client = connect({ port: gateway.port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.pause();
  client.write("GET /pour HTTP/1.1\r\nHost: a\r\n\r\n");
  const giveUp = await full.promise;
  await Bun.sleep(100);
  giveUp();
  client.resume();
  await closed;
  expect(await status("/ok")).toBe(200);
  await fetch(`${gateway.url}/pour/less`)
    .then((answer) => answer.text())
    .catch(() => undefined);
  expect(await status("/ok")).toBe(503);
});
