import { describe, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { makeCertificate } from "../../../test/support/tls/make-certificate.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import { UpstreamFailure, type UpstreamTarget } from "../../model/upstream/upstream.ts";
import { type OpenOptions, openUpstreamSocket } from "./open-upstream-socket.ts";

function open(target: UpstreamTarget, more: Partial<OpenOptions> = {}) {
  return openUpstreamSocket({
    target,
    path: "/",
    host: "service.test",
    headers: new HeaderList(["sec-websocket-protocol", "a, b"]),
    connectMs: 2000,
    answerMs: 2000,
    messageBytesMax: 1000,
    signal: new AbortController().signal,
    ...more,
  });
}

const failureOf = (opening: Promise<unknown>) =>
  opening.then(
    () => "opened",
    (thrown: unknown) => (thrown instanceof UpstreamFailure ? thrown : "something else"),
  );
const targetOf = (url: string): UpstreamTarget => {
  const { host, hostname, port } = new URL(url);
  return { id: host, protocol: "http", host: hostname, port: Number(port) };
};

/** Answers `echo` to a text, over TLS or a unix socket. */
const websocket = {
  open: (socket: { send(text: string): number }) => void socket.send("hello"),
  message: () => undefined,
};
const fetch = (request: Request, server: { upgrade(request: Request): boolean }) =>
  server.upgrade(request) ? undefined : new Response("no", { status: 400 });

async function firstMessage(result: Awaited<ReturnType<typeof open>>): Promise<unknown> {
  if (result.kind === "refused") throw new Error(`refused with ${result.status}`);
  return await new Promise((resolve) => {
    const ignore = (): void => undefined;
    result.socket.start({ message: resolve, ping: ignore, pong: ignore, drained: ignore, closed: ignore });
  }).finally(() => result.socket.terminate());
}

describe("a service is reached", () => {
  test("over TLS, only with the name in its certificate", async () => {
    const { ca, cert, key } = await makeCertificate("service.test");
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: { cert, key }, fetch, websocket });
    const target = {
      id: "t",
      protocol: "https",
      host: "127.0.0.1",
      port: server.port ?? 0,
      tls: { ca },
    } as const;
    expect(await firstMessage(await open({ ...target, serverName: "service.test" }))).toBe("hello");
    const failure = await failureOf(open({ ...target, serverName: "other.test" }));
    expect(failure).toMatchObject({ kind: "tls", sent: "none" });
    await server.stop(true);
  });

  test("through a unix socket", async () => {
    await using directory = await createTemporaryDirectory();
    const unix = directory.file("service.sock");
    const server = Bun.serve({ unix, fetch, websocket });
    const target = { id: "t", protocol: "http", host: "localhost", port: 80, unixPath: unix } as const;
    expect(await firstMessage(await open(target))).toBe("hello");
    await server.stop(true);
  });
});

describe("a response that does not belong to this handshake is refused", () => {
  const accept = "sec-websocket-accept: x";
  const cases: [name: string, lines: readonly string[]][] = [
    ["another protocol", ["HTTP/1.1 101 Switching", "upgrade: h2c", "connection: upgrade", accept]],
    ["no Connection", ["HTTP/1.1 101 Switching", "upgrade: websocket", accept]],
    ["a wrong Accept", ["HTTP/1.1 101 Switching", "upgrade: websocket", "connection: upgrade", accept]],
    ["another version", ["HTTP/1.0 101 Switching"]],
    ["no status line", ["nonsense"]],
    ["a header line that is none", ["HTTP/1.1 101 Switching", "upgrade websocket"]],
    ["a folded header", ["HTTP/1.1 101 Switching", "upgrade: websocket", " more"]],
    ["too large a head", ["HTTP/1.1 101 Switching", `x: ${"y".repeat(40_000)}`]],
  ];
  test.each(cases)("%s", async (_name, lines) => {
    await using upstream = await startRawUpstream((socket) => socket.write(`${lines.join("\r\n")}\r\n\r\n`));
    expect(await failureOf(open(targetOf(upstream.url)))).toMatchObject({ kind: "invalid-response" });
    await upstream.closed.atLeast(1);
  });

  test("a subprotocol or extension that was not offered", async () => {
    const { startHandshakeService } = await import("../../../test/websocket/handshake-service.ts");
    for (const line of ["sec-websocket-protocol: c", "sec-websocket-extensions: permessage-deflate"]) {
      await using upstream = await startHandshakeService(Buffer.alloc(0), () => undefined, [line]);
      expect(await failureOf(open(targetOf(upstream.url)))).toMatchObject({ kind: "invalid-response" });
    }
  });
});

describe("a handshake ends", () => {
  test("when the service closes, on timeout, and when the client disconnects", async () => {
    await using closing = await startRawUpstream((socket) => socket.destroy());
    expect(await failureOf(open(targetOf(closing.url)))).toMatchObject({ kind: "reset", sent: "some" });
    await using silent = await startRawUpstream(() => undefined);
    const late = open(targetOf(silent.url), { answerMs: 10 });
    expect(await failureOf(late)).toMatchObject({ kind: "first-byte-timeout" });
    const gone = open(targetOf(silent.url), { signal: AbortSignal.abort() });
    expect(await failureOf(gone)).toMatchObject({ kind: "aborted", sent: "none" });
  });

  test.each(["1\r\nx-b: 2", "1\u010d\u010ax-b: 2", "a\0b", "\u0430"])(
    "before it starts, if a header is %p",
    async (value) => {
      await using upstream = await startRawUpstream((socket) => socket.destroy());
      const headers = new HeaderList(["x-a", value]);
      const failure = await failureOf(open(targetOf(upstream.url), { headers }));
      expect(failure).toMatchObject({ kind: "invalid-response", sent: "none" });
      expect(upstream.heads.all).toEqual([]);
    },
  );

  test("header bytes reach the service unchanged", async () => {
    await using upstream = await startRawUpstream((socket) => socket.write("HTTP/1.1 403 No\r\n\r\n"));
    await open(targetOf(upstream.url), { headers: new HeaderList(["x-place", "caf\xe9"]) });
    expect(await upstream.heads.next()).toContain("\r\nx-place: caf\xe9");
  });

  test("with the final response after interim ones", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write(
        "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno",
      ),
    );
    const result = await open(targetOf(upstream.url));
    expect(result).toMatchObject({ kind: "refused", status: 403, body: Buffer.from("no") });
  });
});
