import { describe, expect, test } from "bun:test";
import { createEventLog, waitUntil } from "@libs/testing";
import { Elysia } from "elysia";
import { codeOf, startServer } from "../../test/start-server.ts";

/** A route that answers when it is told to, and says when it was entered. */
function gate(onAnswer = () => {}) {
  const entered = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const routes = [
    new Elysia()
      .get("/slow", async () => {
        entered.resolve();
        await opened.promise;
        onAnswer();
        return "done";
      })
      .get("/stream", async function* () {
        yield "first ";
        entered.resolve();
        await opened.promise;
        yield "last";
      }),
  ];
  return { routes, entered: entered.promise, open: opened.resolve };
}

const handlers = { message() {} };

describe("a server that stops", () => {
  test("completes requests in flight, tells clients to close, and refuses new connections", async () => {
    const slow = gate();
    await using started = await startServer({ routes: slow.routes });
    const pending = fetch(`${started.url}/slow`);
    await slow.entered;
    const stopped = started.server.stop();
    expect(started.server.draining).toBe(true);
    await waitUntil(
      () =>
        fetch(`${started.url}/healthz`).then(
          () => false,
          () => true,
        ),
      { what: "a refusal" },
    );
    slow.open();
    const answer = await pending;
    expect(await answer.text()).toBe("done");
    await stopped;
    expect(started.server.address).toBeNull();
  });

  test("completes streams", async () => {
    const slow = gate();
    await using started = await startServer({ routes: slow.routes });
    const answer = await fetch(`${started.url}/stream`);
    await slow.entered;
    const stopped = started.server.stop();
    slow.open();
    expect(await answer.text()).toBe("first last");
    await stopped;
  });

  test("reports not ready and still serves during the notice period, closing each connection", async () => {
    await using started = await startServer({ drain: { noticeMs: 300 } });
    const stopped = started.server.stop();
    const ready = await fetch(`${started.url}/readyz`);
    expect([ready.status, await codeOf(ready)]).toEqual([503, "shutting_down"]);
    const alive = await fetch(`${started.url}/healthz`);
    expect([alive.status, alive.headers.get("connection")]).toEqual([200, "close"]);
    await stopped;
  });

  test("closes its WebSockets with a code that makes clients reconnect elsewhere", async () => {
    await using started = await startServer({ websocket: { handlers, path: "/ws" } });
    const closes = createEventLog<CloseEvent>();
    for (let count = 0; count < 3; count += 1) {
      const socket = new WebSocket(`${started.url.replace("http", "ws")}/ws`);
      socket.addEventListener("close", closes.push);
      await new Promise((resolve) => socket.addEventListener("open", resolve));
    }
    await started.server.stop();
    const seen = await closes.atLeast(3);
    expect(seen.map(({ code, reason }) => [code, reason])).toEqual(
      Array.from({ length: 3 }, () => [3001, "shutdown"]),
    );
  });

  test("lets an app close its WebSockets gradually before the rest are closed", async () => {
    const leaving = Promise.withResolvers<void>();
    const drain = () => leaving.promise;
    await using started = await startServer({ websocket: { handlers, path: "/ws", drain } });
    const closes = createEventLog<CloseEvent>();
    const socket = new WebSocket(`${started.url.replace("http", "ws")}/ws`);
    socket.addEventListener("close", closes.push);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const stopped = started.server.stop();
    await Bun.sleep(10);
    expect(closes.all).toEqual([]);
    leaving.resolve();
    expect((await closes.next()).code).toBe(3001);
    await stopped;
  });

  test("closes what is left at the deadline and reports how much", async () => {
    const slow = gate();
    await using started = await startServer({ routes: slow.routes, drain: { deadlineMs: 20 } });
    const pending = fetch(`${started.url}/slow`).then(
      () => "answered",
      () => "cut",
    );
    await slow.entered;
    await started.server.stop();
    expect(await pending).toBe("cut");
    expect(started.log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", requests: 1, deadlineMs: 20 }),
    );
    slow.open();
  });

  test("flushes once, after the last request has ended", async () => {
    const order: string[] = [];
    const slow = gate(() => order.push("answered"));
    await using started = await startServer({
      routes: slow.routes,
      onStop: () => {
        order.push("flushed");
        return Promise.resolve();
      },
    });
    const pending = fetch(`${started.url}/slow`);
    await slow.entered;
    const stops = [started.server.stop(), started.server.stop()];
    slow.open();
    await Promise.all([pending, ...stops]);
    expect(order).toEqual(["answered", "flushed"]);
  });

  test("waits a bounded time for the flush", async () => {
    await using started = await startServer({
      drain: { deadlineMs: 20 },
      onStop: () => new Promise(() => {}),
    });
    await started.server.stop();
    expect(started.log.text()).toContain("the last writes took longer");
  });

  test("closes its front's connections too, also for responses from elsewhere", async () => {
    const upstream = Bun.serve({ port: 0, fetch: () => new Response("far", { status: 201 }) });
    await using started = await startServer({
      drain: { noticeMs: 300 },
      front: (request) => (request.url.endsWith("/far") ? fetch(upstream.url) : null),
    });
    const stopped = started.server.stop();
    const answer = await fetch(`${started.url}/far`);
    expect([answer.status, await answer.text(), answer.headers.get("connection")]).toEqual([
      201,
      "far",
      "close",
    ]);
    await stopped;
    await upstream.stop(true);
  });
});

describe("a server that starts", () => {
  test("fails if its port is taken, and undoes what it began", async () => {
    await using first = await startServer();
    const undone: string[] = [];
    const second = startServer({
      port: first.port,
      onStop: () => {
        undone.push("closed");
        return Promise.resolve();
      },
    });
    await expect(second).rejects.toThrow(`port ${first.port} of 127.0.0.1 is taken by another process`);
    expect(undone).toEqual(["closed"]);
  });

  test("shares its port with processes that agree, whatever it serves, and with no others", async () => {
    await using first = await startServer({ portSharing: "first" });
    await using second = await startServer({ port: first.port, portSharing: "joined" });
    expect(second.port).toBe(first.port);
    const taken = `port ${first.port} of 127.0.0.1 is taken by another process`;
    await expect(startServer({ port: first.port, portSharing: "first" })).rejects.toThrow(taken);
    await expect(startServer({ port: first.port })).rejects.toThrow(taken);
  });

  test("serves nothing before its preparation is done, and not at all if that fails", async () => {
    await expect(
      startServer({ onStart: () => Promise.reject(new Error("migration failed")) }),
    ).rejects.toThrow("migration failed");
  });

  test("has no address with port null, and still answers", async () => {
    await using started = await startServer({ port: null });
    expect(started.server.address).toBeNull();
  });

  test("can be stopped before it was started, and then not be started any more", async () => {
    const { server } = await startServer({ port: null });
    await server.stop();
    await expect(server.start()).rejects.toThrow("was stopped");
  });

  test("treats a second start as the first", async () => {
    await using started = await startServer();
    const { address } = started.server;
    await started.server.start();
    expect(started.server.address).toEqual(address);
  });
});
