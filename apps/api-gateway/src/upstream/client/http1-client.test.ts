import { describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { CartwayError } from "@libs/errors";
import { createEventLog } from "@libs/testing";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import type {
  UpstreamClient,
  UpstreamFailure,
  UpstreamRequest,
  UpstreamTarget,
} from "../../model/upstream/upstream.ts";
import { bytesOf, failureOf, patientTimeouts, targetOf, textOf } from "./client-test-support.ts";
import { createHttp1Client } from "./http1-client.ts";
import { describeUpstreamClient } from "./upstream-client.contract.ts";

describeUpstreamClient("the HTTP/1.1 client", createHttp1Client);

const abortable = { signal: new AbortController().signal };
const okText = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function send(
  client: UpstreamClient,
  target: UpstreamTarget,
  request: Partial<UpstreamRequest> = {},
  timeouts = patientTimeouts,
) {
  const headers = new HeaderList(["host", target.id]);
  const whole = { method: "GET", path: "/", headers, body: null, contentLength: null, ...request };
  return client.send(target, whole, timeouts, abortable);
}

describe("the request on the wire", () => {
  test("keeps order, spelling and duplicates of the fields, and adds only framing", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    const headers = new HeaderList(["Host", "a", "X-Dup", "1", "x-dup", "2", "X-Latin", "caf\xe9"]);
    await send(createHttp1Client(), targetOf(upstream.url), { method: "POST", headers, body: bytesOf("hi") });
    expect(await upstream.heads.next()).toBe(
      "POST / HTTP/1.1\r\nHost: a\r\nX-Dup: 1\r\nx-dup: 2\r\nX-Latin: caf\xe9\r\ncontent-length: 2",
    );
  });

  test("declares length 0 for a POST without a body, and nothing for a GET", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url), { method: "POST" });
    await send(client, targetOf(upstream.url));
    expect(await upstream.heads.next()).toEndWith("\r\ncontent-length: 0");
    expect(await upstream.heads.next()).not.toContain("content-length");
  });

  test.each([
    ["a line end in a value", { headers: new HeaderList(["x", "a\r\nx-user-id: admin"]) }],
    ["a character that would become one", { headers: new HeaderList(["x", "a\u010ax-user-id: admin"]) }],
    ["a line end in a name", { headers: new HeaderList(["x\r\ny", "a"]) }],
    ["a blank in the path", { path: "/a HTTP/1.1\r\nx: y" }],
    ["a blank in the method", { method: "GET /b" }],
    ["a field without a name", { headers: new HeaderList(["", "a"]) }],
    ["a method without a character", { method: "" }],
    ["a path that is none", { path: "x" }],
    ["a head beyond all bounds", { headers: new HeaderList(["x", "a".repeat(70_000)]) }],
  ])("never has a field or line that %s would inject", async (_, request) => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    const failure = await failureOf(send(createHttp1Client(), targetOf(upstream.url), request));
    expect(failure.sent).toBe("none");
    expect(failure.cause).toBeInstanceOf(CartwayError);
  });

  test.each([
    ["longer", 3],
    ["shorter", 10],
  ])("never has a body %s than its declared length", async (_, contentLength) => {
    await using upstream = await startRawUpstream(() => undefined);
    const body = new Blob([bytesOf("12345")]).stream();
    const call = send(createHttp1Client(), targetOf(upstream.url), { method: "POST", body, contentLength });
    expect((await failureOf(call)).kind).toBe("aborted");
    await upstream.closed.next();
  });

  test("has an exact count of body bytes that were sent", async () => {
    await using upstream = await startRawUpstream((socket) => socket.pause());
    const body = new Uint8Array(32 * 1024 * 1024);
    const timeouts = { ...patientTimeouts, firstByteMs: 60 };
    const failure = await failureOf(
      send(createHttp1Client(), targetOf(upstream.url), { method: "POST", body }, timeouts),
    );
    expect([failure.kind, failure.sent]).toEqual(["first-byte-timeout", "some"]);
  });

  test("has no more of a stream than its target reads", async () => {
    await using upstream = await startRawUpstream((socket) => socket.pause());
    let made = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        made += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const timeouts = { ...patientTimeouts, idleMs: 200 };
    const call = send(createHttp1Client(), targetOf(upstream.url), { method: "POST", body }, timeouts);
    expect((await failureOf(call)).kind).toBe("idle-timeout");
    // What the kernel's buffers take, and no more of an endless body.
    expect(made * 65_536).toBeLessThan(32 * 1024 * 1024);
  });
});

describe("a connection", () => {
  test("serves requests one after the other", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    const client = createHttp1Client();
    const first = await send(client, targetOf(upstream.url));
    const second = await send(client, targetOf(upstream.url));
    expect([first.reused, second.reused]).toEqual([false, true]);
  });

  test.each([
    ["says that it closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    ["sends more than its answer", `${okText}HTTP/1.1 200 OK\r\n\r\n`],
    ["speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["announces the body of an answer that has none", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
    ["will close within a second", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok"],
  ])("is not reused if its target %s", async (_, text) => {
    await using upstream = await startRawUpstream((socket) => socket.write(text));
    await send(createHttp1Client(), targetOf(upstream.url));
    await upstream.closed.next();
  });

  test("is not reused if its target has answered without reading the request's body", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.pause();
      socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    });
    const body = new Uint8Array(32 * 1024 * 1024);
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url), { method: "POST", body });
    expect((await send(client, targetOf(upstream.url))).reused).toBe(false);
  });

  test("with unsolicited data is closed, so that it cannot answer the next request", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.write(okText);
      setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"), 20);
    });
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    await upstream.closed.next();
    expect(await textOf((await send(client, targetOf(upstream.url))).body)).toBe("ok");
  });

  test("with unsolicited data at the moment of reuse is replaced: earlier bytes are not a response", async () => {
    const pooled: Bun.Socket[] = [];
    using upstream = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          pooled.push(socket);
          socket.write(okText);
        },
      },
    });
    const client = createHttp1Client();
    const target = targetOf(`http://127.0.0.1:${upstream.port}`);
    await send(client, target);
    const answered = Promise.withResolvers<string>();
    using trigger = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data() {
          send(client, target)
            .then(({ body }) => textOf(body))
            .then(answered.resolve, answered.reject);
        },
      },
    });
    const pulled = await Bun.connect({ hostname: "127.0.0.1", port: trigger.port, socket: { data() {} } });
    await setImmediate();
    // Both arrive in one turn of the event loop, in this order.
    pulled.write("go");
    pooled[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    expect(await answered.promise).toBe("ok");
    pulled.terminate();
  });

  test("closed by its target at the moment of reuse is replaced if a retry is safe", async () => {
    await using upstream = await startRawUpstream(answerOnceThenHangUp());
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    expect((await send(client, targetOf(upstream.url))).reused).toBe(false);
    expect(upstream.heads.all.length).toBe(3);
  });

  test("is not replaced for a POST, which may have been processed", async () => {
    await using upstream = await startRawUpstream(answerOnceThenHangUp());
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    const { kind, sent } = await failureOf(
      send(client, targetOf(upstream.url), { method: "POST", body: bytesOf("1") }),
    );
    expect([kind, sent]).toEqual(["reset", "all"]);
    expect(upstream.heads.all.length).toBe(2);
  });

  test("given up by its target with a 408 at the moment of reuse is replaced if a retry is safe", async () => {
    await using upstream = await startRawUpstream(answerOnceThen(givenUp));
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    const { status, reused } = await send(client, targetOf(upstream.url));
    expect([status, reused]).toEqual([200, false]);
    expect(upstream.heads.all.length).toBe(3);
  });

  test.each([
    ["for a POST, which may have been processed", givenUp, { method: "POST", body: bytesOf("1") }],
    ["that leaves the connection open, which is an answer", givenUp.replace("close", "keep-alive"), {}],
  ])("is not replaced after a 408 %s", async (_, text, request) => {
    await using upstream = await startRawUpstream(answerOnceThen(text));
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    expect((await send(client, targetOf(upstream.url), request)).status).toBe(408);
    expect(upstream.heads.all.length).toBe(2);
  });

  test("that is new is not replaced after a 408: its target has answered the request", async () => {
    await using upstream = await startRawUpstream((socket) => socket.end(givenUp));
    expect((await send(createHttp1Client(), targetOf(upstream.url))).status).toBe(408);
    expect(upstream.heads.all.length).toBe(1);
  });

  test("is closed after its idle timeout", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    await send(createHttp1Client({ idleMs: 30 }), targetOf(upstream.url));
    await upstream.closed.next();
  });

  test("is opened for every request that a service admits, however many: the client has no bound of its own", async () => {
    const opened = createEventLog<null>();
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: () => opened.push(null), data: () => undefined },
    });
    const client = createHttp1Client();
    const target = targetOf(`http://127.0.0.1:${server.port}`);
    const calls: Promise<UpstreamFailure>[] = [];
    // as many at a time as a listener queues
    while (calls.length < 4200) {
      for (let call = 0; call < 100; call += 1) calls.push(failureOf(send(client, target)));
      await Promise.race([opened.atLeast(calls.length), ...calls.slice(-100)]);
    }
    expect(opened.all.length).toBe(calls.length);
    server.stop(true);
    await Promise.all(calls);
  });

  test("above the pool's limit is refused, and nothing is sent", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    const client = createHttp1Client({ connectionsMax: 1 });
    const first = failureOf(
      send(client, targetOf(upstream.url), {}, { ...patientTimeouts, firstByteMs: 100 }),
    );
    const second = await failureOf(send(client, targetOf(upstream.url)));
    expect([second.kind, second.sent]).toEqual(["pool-full", "none"]);
    await first;
  });

  test("is closed with the client, if idle at once", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write(okText));
    const client = createHttp1Client();
    await send(client, targetOf(upstream.url));
    await client.close();
    await upstream.closed.next();
    expect((await failureOf(send(client, targetOf(upstream.url)))).sent).toBe("none");
  });
});

describe("a response", () => {
  test("before the request is sent completely is passed on, and ends the sending", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n"),
    );
    const left = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => left.resolve(),
    });
    const answer = await send(createHttp1Client(), targetOf(upstream.url), { method: "POST", body });
    expect(answer.status).toBe(413);
    await Promise.all([left.promise, upstream.closed.next()]);
  });

  test("keeps its reason phrase", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n\r\n"),
    );
    expect((await send(createHttp1Client(), targetOf(upstream.url))).statusText).toBe("Fine");
  });

  test("that stalls ends with the idle timeout", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nfirst"),
    );
    const timeouts = { ...patientTimeouts, idleMs: 30 };
    const { body } = await send(createHttp1Client(), targetOf(upstream.url), {}, timeouts);
    expect((await failureOf(textOf(body))).kind).toBe("idle-timeout");
  });

  test("whose head never ends is bounded by the first-byte timeout", async () => {
    await using upstream = await startRawUpstream((socket) => {
      const timer = setInterval(() => socket.write("x"), 5);
      socket.write("HTTP/1.1 200 OK\r\nX: ");
      socket.on("close", () => clearInterval(timer));
    });
    const timeouts = { ...patientTimeouts, firstByteMs: 60 };
    const failure = await failureOf(send(createHttp1Client(), targetOf(upstream.url), {}, timeouts));
    expect(failure.kind).toBe("first-byte-timeout");
  });

  test("waits in the target, not in memory, for a slow reader, and arrives completely", async () => {
    const bytes = 64 * 1024 * 1024;
    let flushed = 0;
    await using upstream = await startRawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
      const part = Buffer.alloc(1024 * 1024);
      for (let sent = 0; sent < bytes; sent += part.byteLength)
        socket.write(part, () => (flushed += part.byteLength));
      socket.end();
    });
    const { body } = await send(createHttp1Client(), targetOf(upstream.url));
    if (!(body instanceof ReadableStream)) throw new Error("the body is no stream");
    const reader = body.getReader();
    let read = (await reader.read()).value?.byteLength ?? 0;
    await Bun.sleep(100);
    expect(flushed).toBeLessThan(bytes / 2);
    for (let next = await reader.read(); !next.done; next = await reader.read())
      read += next.value.byteLength;
    expect(read).toBe(bytes);
  });
});

describe("without a connection", () => {
  test("in time, or with one that never completes TLS, the request times out before anything was sent", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    const target = { ...targetOf(upstream.url), protocol: "https" as const };
    const timeouts = { ...patientTimeouts, connectMs: 40 };
    const { kind, sent } = await failureOf(send(createHttp1Client(), target, {}, timeouts));
    expect([kind, sent]).toEqual(["connect-timeout", "none"]);
  });
});

/** The first request on a connection is answered; at the second, the connection is closed instead. */
const givenUp = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlate";

/** Answers the first request of a connection, and then as told. */
function answerOnceThen(second: string): (socket: Pick<Socket, "write">) => void {
  const served = new WeakSet<object>();
  return (socket) => {
    socket.write(served.has(socket) ? second : okText);
    served.add(socket);
  };
}

function answerOnceThenHangUp(): (socket: { write(text: string): unknown; destroy(): unknown }) => void {
  const served = new WeakSet<object>();
  return (socket) => {
    if (served.has(socket)) return void socket.destroy();
    served.add(socket);
    socket.write(okText);
  };
}
