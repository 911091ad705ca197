import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  createMeshAuthority,
  createTemporaryDirectory,
  freePort,
  sendRaw,
  spawnScript,
  waitUntil,
} from "@libs/testing";
import { dataOf } from "../support/clients/http2-frames.ts";
import { errorOf } from "../support/error-of.ts";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import {
  answerHead,
  goAwayAfter,
  ping,
  resetOf,
  startRawHttp2Upstream,
} from "../support/upstreams/start-raw-http2-upstream.ts";

/**
 * Requests to HTTP/2 services use Bun's `fetch`, earlier versions of which leaked disconnected clients and unread bodies
 * (oven-sh/bun#25919, #32659, #18488, PR 35552, PR 36700, PR 39590): tested here independently of its version.
 */
const directory = await createTemporaryDirectory();
const authority = await createMeshAuthority("Services");
const pair = await authority.issue({ names: ["DNS:localhost", "IP:127.0.0.1"] });
const ca = join(directory.path, "ca.pem");
await Bun.write(ca, authority.certificate);
const part = new Uint8Array(65_536);
let [open, asked] = [0, 0];
const upstream = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: pair,
  http2: true,
  http1: false,
  idleTimeout: 255,
  async fetch(request) {
    open += 1;
    asked += 1;
    let isOver = false;
    const end = (): void => {
      if (!isOver) open -= 1;
      isOver = true;
    };
    request.signal.addEventListener("abort", end, { once: true });
    if (request.url.endsWith("/never")) await new Promise(() => undefined);
    if (request.url.endsWith("/refuse-once") && asked === 1) {
      const body = new ReadableStream({ pull: (controller) => controller.enqueue(part), cancel: end });
      return new Response(body, { status: 503 });
    }
    if (!request.url.endsWith("/pour")) {
      end();
      return new Response("served");
    }
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(part), cancel: end }));
  },
});
afterAll(async () => {
  await upstream.stop(true);
  await directory[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
});

const config = {
  services: {
    api: serviceAt(`https://127.0.0.1:${upstream.port}`, {
      protocol: "http2",
      tls: { ca: { file: ca }, serverName: "localhost" },
      retry: { attemptsMax: 2, on: [503] },
    }),
  },
  routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
};
const allGone = (): Promise<unknown> =>
  waitUntil(() => open === 0, { what: "all requests to the service to end" });

/** Sends a request, reads this many parts, and disconnects. */
async function leave(url: string, parts: number): Promise<void> {
  const controller = new AbortController();
  const before = asked;
  const answer = fetch(url, { signal: controller.signal }).catch(() => null);
  await waitUntil(() => asked > before, { what: "the request to reach the service" });
  const reader = parts === 0 ? undefined : (await answer)?.body?.getReader();
  for (let count = 0; count < parts; count += 1) await reader?.read();
  controller.abort();
}

describe("a client that disconnects cancels its request to an HTTP/2 service", () => {
  test.each([
    ["before the first byte", "/never", 0],
    ["in the middle of the answer", "/pour", 3],
    ["while it does not read", "/pour", 0],
  ])("%s", async (_when, path, parts) => {
    await using gateway = await startGateway(config);
    for (let turn = 0; turn < 3; turn += 1) await leave(gateway.url + path, parts);
    await allGone();
    expect(await (await fetch(`${gateway.url}/ok`)).text()).toBe("served");
  });
});

test("an HTTP/2 response of a retried attempt is cancelled", async () => {
  await using gateway = await startGateway(config);
  asked = 0;
  expect(await (await fetch(`${gateway.url}/refuse-once`)).text()).toBe("served");
  await allGone();
});

test("the body of a GET, which fetch cannot send, is refused, and does not open the breaker of an HTTP/2 service", async () => {
  const { api } = config.services;
  await using gateway = await startGateway({
    ...config,
    services: { api: { ...api, breaker: { service: { failuresInARow: 1 } } } },
  });
  const ask = (method: string, framing: string) =>
    sendRaw(gateway.port, `${method} /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}`);
  for (const framing of [
    "Content-Length: 4\r\n\r\nbody",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
  ])
    for (const method of ["GET", "HEAD"]) expect((await ask(method, framing)).status).toBe(400);
  expect(await ask("GET", "Content-Length: 0\r\n\r\n")).toMatchObject({ status: 200, body: "served" });
});

const startTo = (...targets: readonly string[]) =>
  startGateway({
    ...config,
    services: {
      api: serviceAt(targets, {
        protocol: "http2",
        tls: { ca: { file: ca } },
        retry: { attemptsMax: 2, backoff: { baseMs: 0, maxMs: 0 } },
      }),
    },
  });

test("an HTTP/2 response that repeats its Content-Length is passed on with one", async () => {
  await using repeating = await startRawHttp2Upstream(pair, (socket, stream) => {
    socket.write(
      answerHead(stream, [
        ["content-length", "5"],
        ["content-length", "5"],
      ]),
    );
    socket.write(dataOf("hello", true, stream));
  });
  await using gateway = await startTo(repeating.url);
  const answer = await fetch(gateway.url);
  expect([await answer.text(), answer.headers.get("content-length")]).toEqual(["hello", "5"]);
});

describe("a POST to an HTTP/2 service", () => {
  const refusedStream = 7;
  const post = (url: string, bytes = 10) => fetch(url, { method: "POST", body: "x".repeat(bytes) });

  test.each([
    ["resets its stream as refused", (stream: number) => resetOf(stream, refusedStream)],
    ["goes away without having processed it", (stream: number) => goAwayAfter(stream - 1)],
  ])("is sent to another target if the first one %s", async (_how, answer) => {
    await using refusing = await startRawHttp2Upstream(pair, (socket, stream) =>
      socket.write(answer(stream)),
    );
    await using gateway = await startTo(refusing.url, `https://127.0.0.1:${upstream.port}`);
    // one of the two goes to the refusing target first
    for (let count = 0; count < 2; count += 1)
      expect(await (await post(`${gateway.url}/ok`)).text()).toBe("served");
    expect(refusing.requests).toBeGreaterThan(0);
  });

  test.each([
    ["resets its stream for any other reason", (stream: number) => resetOf(stream, 8), 10],
    ["refuses it, but its body was streamed", (stream: number) => resetOf(stream, refusedStream), 100_000],
  ])("is not sent again if its target %s", async (_how, answer, bytes) => {
    await using refusing = await startRawHttp2Upstream(pair, (socket, stream) =>
      socket.write(answer(stream)),
    );
    await using gateway = await startTo(refusing.url);
    const response = await post(gateway.url, bytes);
    expect([response.status, (await errorOf(response)).code]).toEqual([502, "upstream_reset"]);
    expect(refusing.requests).toBe(1);
  });

  test("is not sent again if its target refuses it after it has begun to answer", async () => {
    await using refusing = await startRawHttp2Upstream(pair, (socket, stream) => {
      socket.write(answerHead(stream, [["content-length", "5"]]));
      // by then the client has read the begun answer
      let roundTrips = 5;
      socket.write(ping);
      socket.on("data", () => {
        roundTrips -= 1;
        if (roundTrips >= 0) socket.write(roundTrips > 0 ? ping : resetOf(stream, refusedStream));
      });
    });
    await using gateway = await startTo(refusing.url);
    expect((await post(gateway.url)).status).toBe(502);
    expect(refusing.requests).toBe(1);
  });
});

test.skipIf(process.platform !== "linux")(
  "memory stays level after hundreds of HTTP/2 streams aborted by their clients",
  async () => {
    const file = join(directory.path, "gateway.json");
    await Bun.write(file, JSON.stringify({ version: 1, ...config }));
    const port = await freePort();
    const program = join(import.meta.dir, "../../src/main.ts");
    const args = ["--config", file, "--port", String(port), "--no-admin"];
    // It needs no store, and shall wait for none that other suites use.
    const env = { ...process.env, DATABASE_URL: undefined, REDIS_URL: undefined };
    await using gateway = spawnScript(program, args, { env });
    const url = `http://127.0.0.1:${port}`;
    const isUp = (): Promise<boolean> =>
      fetch(`${url}/ok`).then(
        ({ ok }) => ok,
        () => false,
      );
    await waitUntil(isUp, { what: "the gateway" });
    const round = async (count: number): Promise<number> => {
      for (let left = 0; left < count; left += 20)
        await Promise.all(Array.from({ length: 20 }, () => leave(`${url}/pour`, 2)));
      await allGone();
      return await residentBytes(gateway.pid);
    };
    const warm = await round(200);
    expect((await round(400)) - warm).toBeLessThan(96 * 2 ** 20);
  },
  60_000,
);

async function residentBytes(pid: number): Promise<number> {
  const pages = (await Bun.file(`/proc/${pid}/statm`).text()).split(" ")[1] ?? "0";
  return Number(pages) * 4096;
}
