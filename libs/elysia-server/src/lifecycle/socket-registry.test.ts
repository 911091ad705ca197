import { describe, expect, test } from "bun:test";
import { CartwayError, renderError } from "@libs/errors";
import { createEventLog, waitUntil } from "@libs/testing";
import { codeOf, type StartedServer, startServer } from "../../test/start-server.ts";

const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

async function connect({ url }: StartedServer, path = "/ws"): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return socket;
}

describe("the WebSocket path of a shell", () => {
  test("passes on what accept returned, and calls the app's handlers", async () => {
    const heard = createEventLog<unknown>();
    await using started = await startServer({
      websocket: {
        path: "/ws",
        accept: (request) => ({ shop: new URL(request.url).searchParams.get("shop") }),
        handlers: {
          open: (socket) => heard.push(["open", socket.data]),
          message: (socket, text) => void socket.send(`echo ${String(text)}`),
          close: (_socket, code) => heard.push(["close", code]),
        },
      },
    });
    const socket = await connect(started, "/ws?shop=a");
    const echo = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    socket.send("hello");
    expect(await echo).toBe("echo hello");
    socket.close(1000);
    await heard.atLeast(2);
    expect(heard.all).toEqual([
      ["open", { shop: "a" }],
      ["close", 1000],
    ]);
  });

  test("refuses in the envelope: plain requests, what accept refuses, a handshake without its key", async () => {
    await using started = await startServer({
      websocket: {
        path: "/ws",
        handlers: { message() {} },
        accept: (request) => {
          if (request.url.includes("stranger")) throw new CartwayError("unauthenticated");
          return null;
        },
      },
    });
    const plain = await fetch(`${started.url}/ws`);
    expect([plain.status, plain.headers.get("upgrade"), await codeOf(plain)]).toEqual([
      426,
      "websocket",
      "upgrade_required",
    ]);
    const stranger = await fetch(`${started.url}/ws?stranger`, { headers: upgradeHeaders });
    expect([stranger.status, await codeOf(stranger)]).toEqual([401, "unauthenticated"]);
    const { "sec-websocket-key": _key, ...keyless } = upgradeHeaders;
    const malformed = await fetch(`${started.url}/ws`, { headers: keyless });
    expect([malformed.status, await codeOf(malformed)]).toEqual([400, "bad_request"]);
    expect((await fetch(`${started.url}/ws/more`)).status).toBe(404);
  });

  test("accepts up to its maximum, and one more when one has closed", async () => {
    await using started = await startServer({
      websocket: { path: "/ws", handlers: { message() {} }, maxConnections: 2 },
    });
    const sockets = [await connect(started), await connect(started)];
    expect(await started.metrics.render()).toContain("cartway_server_open_websockets 2");
    const refused = await fetch(`${started.url}/ws`, { headers: upgradeHeaders });
    expect([refused.status, refused.headers.get("retry-after"), await codeOf(refused)]).toEqual([
      503,
      "5",
      "too_many_connections",
    ]);
    sockets[0]?.close();
    await waitUntil(() => connect(started).then(() => true), { what: "a free place" });
  });

  test("refuses new sockets from the start of a drain, while open ones last until their close code", async () => {
    await using started = await startServer({
      websocket: { handlers: { message() {} } },
      drain: { noticeMs: 300 },
      front: (request, from) => {
        if (new URL(request.url).pathname !== "/own") return null;
        try {
          return started.server.upgrade(request, from, "own");
        } catch (error) {
          return renderError(error, "own-request");
        }
      },
    });
    const socket = await connect(started, "/own");
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    const stopped = started.server.stop();
    const refused = await fetch(`${started.url}/own`, { headers: upgradeHeaders });
    expect([refused.status, refused.headers.get("retry-after"), await codeOf(refused)]).toEqual([
      503,
      "1",
      "shutting_down",
    ]);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    await stopped;
    expect((await closed).code).toBe(3001);
  });
});

describe("an app's handler", () => {
  test.each([
    ["a raw listener", { front: () => null }],
    ["Bun.serve", {}],
  ])("that throws or rejects in %s is logged and counted, and its socket stays open", async (_, how) => {
    await using started = await startServer({
      ...how,
      websocket: {
        path: "/ws",
        handlers: {
          message(socket, text) {
            if (text === "throw") throw new Error("thrown");
            if (text === "reject") return Promise.reject(new Error("rejected"));
            socket.send("still here");
            return undefined;
          },
        },
      },
    });
    const socket = await connect(started);
    const echo = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    for (const text of ["throw", "reject", "ask"]) socket.send(text);
    expect(await echo).toBe("still here");
    const failures = () =>
      started.log.lines.filter(({ message }) => message === "a WebSocket handler failed");
    await waitUntil(() => failures().length === 2, { what: "both failures in the log" });
    expect(failures()).toMatchObject([{ err: { message: "thrown" } }, { err: { message: "rejected" } }]);
    expect(await started.metrics.render()).toContain("cartway_server_websocket_failures_total 2");
    socket.close();
  });
});

describe("a front", () => {
  test("serves what it wants and leaves the rest to Elysia", async () => {
    await using started = await startServer({
      front: (request) =>
        new URL(request.url).pathname.startsWith("/api/") ? new Response("data plane") : null,
    });
    expect(await (await fetch(`${started.url}/api/x`)).text()).toBe("data plane");
    expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
  });

  test("that throws or rejects is answered in the envelope, without the error's text", async () => {
    await using started = await startServer({
      front: (request) => {
        if (request.url.endsWith("/reject")) return Promise.reject(new CartwayError("upstream_timeout"));
        if (request.url.endsWith("/throw")) throw new Error("s3cr3t");
        return null;
      },
    });
    const rejected = await fetch(`${started.url}/reject`);
    expect([rejected.status, await codeOf(rejected)]).toEqual([504, "upstream_timeout"]);
    const thrown = await fetch(`${started.url}/throw`);
    const text = await thrown.clone().text();
    expect([thrown.status, await codeOf(thrown)]).toEqual([500, "internal"]);
    expect(text).not.toContain("s3cr3t");
    expect(started.log.text()).toContain("s3cr3t");
  });
});
