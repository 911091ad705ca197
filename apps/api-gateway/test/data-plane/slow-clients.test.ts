import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { sendRaw } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";

/** A breaker that opens at the first failure, and so shows which side a failure counts for. */
const breaker = { service: { failuresInARow: 1, openMs: 60_000 } };
const post = (path: string, framing: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n{`;

describe("a request body that the client stops sending", () => {
  test.each([
    ["of which little is declared", "/x", "Content-Length: 100"],
    ["of which much is declared", "/x", "Content-Length: 100000"],
    ["of unknown length", "/x", "Transfer-Encoding: chunked"],
  ])(
    "%s is answered 408, ends its connection, and does not count against the service",
    async (_what, path, framing) => {
      await using upstream = await startRawUpstream((socket, head) => {
        if (head.startsWith("GET")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
      const timeouts = { idleMs: 60, firstByteMs: 5000 };
      await using gateway = await startGateway({
        services: { api: serviceAt(upstream.url, { timeouts, breaker, retry: { attemptsMax: 3 } }) },
        routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
      });
      const bytes = framing.startsWith("T")
        ? post(path, framing).replace(/\{$/, "1\r\n{\r\n")
        : post(path, framing);
      const answer = await sendRaw(gateway.port, bytes);
      expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([408, "request_timeout"]);
      expect(answer.headers["connection"]).toBe("close");
      expect(await (await fetch(gateway.url)).text()).toBe("ok");
      // Sent at most once, because an incomplete body cannot be sent again.
      expect(upstream.heads.all.filter((head) => head.startsWith("POST")).length).toBeLessThan(2);
    },
  );

  test("to a service that stops reading counts as the service's failure", async () => {
    await using upstream = await startRawUpstream((socket) => socket.pause());
    await using gateway = await startGateway({
      services: { api: serviceAt(upstream.url, { timeouts: { idleMs: 200 } }) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api", bodyBytesMax: 2 ** 30 }],
    });
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const answer = await fetch(gateway.url, { method: "POST", body });
    expect(answer.status).toBe(504);
  });
});

/** Sends a byte every now and then until there is an answer, and gives its first line. */
function dribble(port: number, framing: string): Promise<string> {
  const answered = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1", () => socket.write(post("/", framing)));
  const ticking = setInterval(() => socket.write(" "), 20);
  socket.on("error", answered.reject);
  socket.on("data", (chunk) => answered.resolve(chunk.toString("latin1").split("\r\n", 1)[0] ?? ""));
  return answered.promise.finally(() => {
    clearInterval(ticking);
    socket.destroy();
  });
}

const reading = { type: "transform", request: { body: { remove: ["/x"] } } };
test.each([
  ["of which little is declared", "Content-Length: 1000", []],
  ["of which much is declared", "Content-Length: 100000", []],
  ["that a policy reads", "Content-Length: 1000", [reading]],
  ["of which much is declared, that a policy reads", "Content-Length: 100000", [reading]],
] as const)(
  "a body %s that trickles in is bounded by the request's total time, and does not count against the service",
  async (_, framing, policies) => {
    await using upstream = await startRawUpstream((socket, head) => {
      if (head.startsWith("GET")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await using gateway = await startGateway({
      services: { api: serviceAt(upstream.url, { timeouts: { totalMs: 200 }, breaker }) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api", policies }],
    });
    expect(await dribble(gateway.port, framing)).toStartWith("HTTP/1.1 408 ");
    expect(await (await fetch(gateway.url)).text()).toBe("ok");
  },
);

test("a large body that trickles in is refused at the minimum rate, and gives its place in a queue back", async () => {
  await using upstream = await startRawUpstream((socket, head) => {
    if (head.startsWith("GET")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  await using gateway = await startGateway({
    server: { bodyRate: { bytesPerSecMin: 1000, windowMs: 1000 } },
    services: { api: serviceAt(upstream.url, { breaker }) },
    routes: [
      {
        id: "all",
        match: { path: "/*" },
        service: "api",
        policies: [{ type: "queue", concurrency: 1, waitingMax: 0 }],
      },
    ],
  });
  expect(await dribble(gateway.port, "Content-Length: 100000")).toStartWith("HTTP/1.1 408 ");
  expect(await (await fetch(gateway.url)).text()).toBe("ok");
});

test("a client that stalls in its request, or sends none, is disconnected", async () => {
  await using gateway = await startGateway({
    routes: [{ id: "all", match: { path: "/*" }, policies: [{ type: "respond" }] }],
  });
  const dribble = (first: string, more: string): Promise<string> =>
    new Promise((resolve) => {
      let said = "";
      const socket = connect({ port: gateway.port, host: "127.0.0.1" }, () => socket.write(first));
      const drops = setInterval(() => socket.write(more), 500);
      socket.on("data", (bytes: Buffer) => (said += bytes.toString("latin1")));
      // Bytes that reach the closed end reset the connection; only the close that follows is checked.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        clearInterval(drops);
        resolve(said);
      });
    });
  const head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  expect(await Promise.all([dribble(head, "y"), dribble(head, ""), dribble("", "")])).toEqual(["", "", ""]);
}, 60_000);
