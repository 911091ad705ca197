import { describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createTemporaryDirectory } from "@libs/testing";
import { pourUntilFull } from "../../../test/support/upstreams/pour-until-full.ts";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { startSniRecorder } from "../../../test/support/upstreams/start-sni-recorder.ts";
import { startTlsUpstream } from "../../../test/support/upstreams/start-tls-upstream.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import {
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamTarget,
} from "../../model/upstream/upstream.ts";
import { bytesOf, failureOf, patientTimeouts, targetOf, textOf } from "./client-test-support.ts";

/** What every client guarantees, whatever it uses to reach targets. */
export function describeUpstreamClient(name: string, create: () => UpstreamClient): void {
  function send(
    target: UpstreamTarget,
    request: Partial<UpstreamRequest> = {},
    { timeouts = patientTimeouts, signal = new AbortController().signal } = {},
  ) {
    const host = new HeaderList(["host", target.id]);
    const whole = { method: "GET", path: "/", headers: host, body: null, contentLength: null, ...request };
    return create().send(target, whole, timeouts, { signal });
  }

  describe(`${name}: a request`, () => {
    test("arrives with its method, path and query, fields and body", async () => {
      await using upstream = await startEcho();
      const headers = new HeaderList(["host", "shop.test", "x-a", "1", "x-b", "two words"]);
      const body = bytesOf("grüße");
      const answer = await send(upstream.target, { method: "PUT", path: "/a%2Fb?c=d&c", headers, body });
      expect(await textOf(answer.body)).toBe("PUT /a%2Fb?c=d&c shop.test 1 two words grüße");
    });

    test("streams its body, with its length if known", async () => {
      await using upstream = await startEcho();
      const body = () => new Blob([bytesOf("12345")]).stream();
      const known = await send(upstream.target, { method: "POST", body: body(), contentLength: 5 });
      expect(await textOf(known.body)).toContain("12345");
      const unknown = await send(upstream.target, { method: "POST", body: body(), contentLength: null });
      expect(await textOf(unknown.body)).toContain("12345");
    });

    test("is answered on a reused connection whose last response ended before it was read completely", async () => {
      const bytes = new Uint8Array(3_000_000);
      const server = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: () => new Response(new Blob([bytes]).stream()),
      });
      const client = create();
      const target = targetOf(`http://127.0.0.1:${server.port}`);
      for (let count = 0; count < 3; count += 1) {
        const headers = new HeaderList(["host", target.id]);
        const request = { method: "GET", path: "/", headers, body: null, contentLength: null };
        const answer = await client.send(target, request, patientTimeouts, {
          signal: new AbortController().signal,
        });
        expect(
          answer.body instanceof ReadableStream && (await Bun.readableStreamToBytes(answer.body)).byteLength,
        ).toBe(bytes.byteLength);
      }
      await client.close();
      await server.stop(true);
    });

    test("goes through a unix socket", async () => {
      await using directory = await createTemporaryDirectory();
      const unixPath = `${directory.path}/service.sock`;
      const server = Bun.serve({ unix: unixPath, fetch: () => new Response("by file") });
      const answer = await send({ id: "socket", protocol: "http", host: "localhost", port: 80, unixPath });
      expect(await textOf(answer.body)).toBe("by file");
      await server.stop(true);
    });

    test("goes through TLS to a server with a valid certificate and name, and to no other", async () => {
      await using upstream = await startTlsUpstream("service.test");
      const trusted = { ...upstream.target, tls: { ca: upstream.ca } };
      const answer = await send({ ...trusted, serverName: "service.test" });
      expect(await textOf(answer.body)).toBe("secured GET /");
      const otherName = await failureOf(send({ ...trusted, serverName: "other.test" }));
      const unknownCa = await failureOf(send({ ...upstream.target, serverName: "service.test" }));
      expect([otherName.kind, otherName.sent]).toEqual(["tls", "none"]);
      expect([unknownCa.kind, unknownCa.sent]).toEqual(["tls", "none"]);
    });

    test.each([
      ["", {}],
      [", also where that is its configured name", { serverName: "127.0.0.1" }],
    ])(
      "to a target given by its address names nobody by SNI, and requires a certificate for it%s",
      async (_, named) => {
        await using upstream = await startSniRecorder("127.0.0.1");
        const target = { ...upstream.target, ...named };
        const answer = await send({ ...target, tls: { ca: upstream.ca } });
        expect(await textOf(answer.body)).toBe("secured");
        expect(upstream.asked).toEqual([]);
        await using other = await startSniRecorder("127.0.0.2");
        const failure = await failureOf(send({ ...other.target, ...named, tls: { ca: other.ca } }));
        expect([failure.kind, failure.sent]).toEqual(["tls", "none"]);
      },
    );
  });

  describe(`${name}: a response`, () => {
    test("has its status, its fields, each Set-Cookie separately, and its body", async () => {
      await using upstream = await startRawUpstream((socket) =>
        socket.write(
          "HTTP/1.1 404 Not Found\r\nX-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n\r\nnone",
        ),
      );
      const answer = await send(targetOf(upstream.url));
      expect(answer.status).toBe(404);
      expect(answer.headers.get("x-a")).toBe("1");
      expect(answer.headers.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
      expect(await textOf(answer.body)).toBe("none");
    });

    test("has neither hop-by-hop fields nor those named by Connection", async () => {
      await using upstream = await startRawUpstream((socket) =>
        socket.write(
          "HTTP/1.1 200 OK\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n",
        ),
      );
      const { headers } = await send(targetOf(upstream.url));
      expect(["connection", "x-hop", "keep-alive"].map((field) => headers.get(field))).toEqual([
        null,
        null,
        null,
      ]);
    });

    test.each([
      ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "5"],
      ["GET", "HTTP/1.1 204 No Content\r\n\r\n", null],
      ["GET", 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', null],
    ])("of %s %p has no body", async (method, text, length) => {
      await using upstream = await startRawUpstream((socket) => socket.write(text));
      const answer = await send(targetOf(upstream.url), { method });
      expect(answer.body).toBeNull();
      expect(answer.headers.get("content-length")).toBe(length);
    });

    test("that is streamed is passed on at once", async () => {
      let goOn = (): void => undefined;
      await using upstream = await startRawUpstream((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        goOn = () => socket.write("6\r\nsecond\r\n0\r\n\r\n");
      });
      const { body } = await send(targetOf(upstream.url));
      if (!(body instanceof ReadableStream)) throw new Error("the body is no stream");
      const reader = body.getReader();
      expect(await textOf((await reader.read()).value ?? null)).toBe("first");
      goOn();
      expect(await textOf((await reader.read()).value ?? null)).toBe("second");
      expect((await reader.read()).done).toBe(true);
    });

    test("that breaks off fails its stream", async () => {
      await using upstream = await startRawUpstream((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nfirst", () => socket.destroy());
      });
      const { body } = await send(targetOf(upstream.url));
      expect(textOf(body)).rejects.toThrow();
    });

    test("that breaks off after its reader held it back most of the time is not the target's failure", async () => {
      const full = Promise.withResolvers<() => void>();
      await using upstream = await startRawUpstream((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        void pourUntilFull(socket, 150).then(() => full.resolve(() => socket.resetAndDestroy()));
      });
      const { body } = await send(targetOf(upstream.url));
      const reader = body instanceof ReadableStream ? body.getReader() : null;
      await reader?.read();
      const giveUp = await full.promise;
      giveUp();
      await upstream.closed.next();
      const reading = async (): Promise<void> => {
        while ((await reader?.read())?.done === false);
      };
      expect((await failureOf(reading())).kind).toBe("aborted");
    });

    test("whose reader leaves closes the connection to its target", async () => {
      await using upstream = await startRawUpstream((socket) =>
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"),
      );
      const { body } = await send(targetOf(upstream.url));
      if (!(body instanceof ReadableStream)) throw new Error("the body is no stream");
      await body.cancel();
      await upstream.closed.next();
    });
  });

  describe(`${name}: without a response`, () => {
    test("because the connection is refused, nothing was sent", async () => {
      const { kind, sent } = await failureOf(send(targetOf("http://127.0.0.1:1")));
      expect([kind, sent]).toEqual(["connect", "none"]);
    });

    test("because connecting times out, nothing was sent and the connection is closed", async () => {
      // accepts the connection, and never starts TLS
      await using silent = await startRawUpstream(() => undefined);
      const timeouts = { ...patientTimeouts, connectMs: 30 };
      const target = { ...targetOf(silent.url), protocol: "https" } as const;
      const { kind, sent } = await failureOf(send(target, {}, { timeouts }));
      expect([kind, sent]).toEqual(["connect-timeout", "none"]);
      await silent.closed.next();
    });

    test("because the request's own body stalls, the caller is at fault", async () => {
      await using upstream = await startRawUpstream(() => undefined);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytesOf("some")),
      });
      const timeouts = { ...patientTimeouts, idleMs: 50 };
      const failure = await failureOf(send(targetOf(upstream.url), { method: "POST", body }, { timeouts }));
      expect(failure).toMatchObject({ kind: "aborted", cause: { code: "request_timeout" } });
      await upstream.closed.next();
    });

    test("because its time is up while the rest of its own body is awaited, the caller is at fault", async () => {
      await using upstream = await startRawUpstream(() => undefined);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytesOf("some")),
      });
      const signal = AbortSignal.timeout(50);
      const failure = await failureOf(send(targetOf(upstream.url), { method: "POST", body }, { signal }));
      expect(failure).toMatchObject({ kind: "aborted", cause: { code: "request_timeout" } });
      await upstream.closed.next();
    });

    test("because its time is up while it is answered, the caller is not at fault", async () => {
      await using upstream = await startRawUpstream(() => undefined);
      const signal = AbortSignal.timeout(50);
      const request = { method: "POST", body: bytesOf("whole") };
      const failure = await failureOf(send(targetOf(upstream.url), request, { signal }));
      expect([failure.kind, failure.cause instanceof CartwayError]).toEqual(["aborted", false]);
    });

    test("because the connection is closed, something may have been sent", async () => {
      await using upstream = await startRawUpstream((socket) => socket.destroy());
      const { kind, sent } = await failureOf(send(targetOf(upstream.url)));
      expect(kind).toBe("reset");
      expect(sent).not.toBe("none");
    });

    test("in time, the connection is closed", async () => {
      await using upstream = await startRawUpstream(() => undefined);
      const timeouts = { ...patientTimeouts, connectMs: 30, firstByteMs: 30 };
      const { kind } = await failureOf(send(targetOf(upstream.url), {}, { timeouts }));
      expect(kind).toBe("first-byte-timeout");
      await upstream.closed.next();
    });

    test("that is HTTP, it is invalid", async () => {
      await using upstream = await startRawUpstream((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
      const { kind } = await failureOf(send(targetOf(upstream.url)));
      expect(["invalid-response", "reset"]).toContain(kind);
    });

    test("after the client has disconnected, the connection is closed", async () => {
      const controller = new AbortController();
      await using upstream = await startRawUpstream(() => controller.abort());
      const { kind } = await failureOf(send(targetOf(upstream.url), {}, { signal: controller.signal }));
      expect(kind).toBe("aborted");
      await upstream.closed.next();
    });

    test("the failure is always an UpstreamFailure", async () => {
      await expect(send(targetOf("http://127.0.0.1:1"))).rejects.toBeInstanceOf(UpstreamFailure);
    });
  });
}

interface Echo extends AsyncDisposable {
  readonly target: UpstreamTarget;
}

/** Answers with what it received. */
function startEcho(): Echo {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const field = (key: string): string => request.headers.get(key) ?? "";
      const parts = [
        request.method,
        pathname + search,
        field("host"),
        field("x-a"),
        field("x-b"),
        await request.text(),
      ];
      return new Response(parts.filter((part) => part !== "").join(" "));
    },
  });
  return {
    target: targetOf(`http://127.0.0.1:${server.port}`),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
