import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createEventLog, sendRaw } from "@libs/testing";
import { incomingOf, toRequest, WireResponse } from "@libs/http1";
import { createMemoryLogger } from "@libs/monitoring";
import type { AppServer, Handle } from "../app.ts";
import { createAnswerError } from "../http/answer-error.ts";
import type { Listener, ListenOptions } from "./listener.ts";

const close = "Connection: close\r\n";
const host = `Host: shop.test\r\n${close}`;

/** What apps rely on, whichever listener serves them. */
export function describeListener(name: string, listen: (options: ListenOptions) => Listener): void {
  describe(name, () => {
    const closes = createEventLog<number>();
    const { logger } = createMemoryLogger();
    let listener: Listener;

    const routes: Readonly<Record<string, Handle>> = {
      "/tell": async (request, server) => {
        const fields: Record<string, string> = {};
        request.headers.forEach((value, field) => (fields[field] = value));
        const { method, url } = request;
        const { address } = server.requestIP(request) ?? {};
        return Response.json({ method, url, fields, body: await request.text(), address });
      },
      "/as-request": async (asked, server) => {
        const request = toRequest(asked);
        const { address } = server.requestIP(request) ?? {};
        const isSame = toRequest(asked) === request && incomingOf(request) === incomingOf(asked);
        return Response.json({ url: request.url, body: await request.text(), address, isSame });
      },
      "/wire": () => new WireResponse(201, ["x-a", "1", "set-cookie", "a", "set-cookie", "b"], "wire"),
      "/empty": () => new WireResponse(204, [], null),
      "/stream": () => new Response(partsOf("one", "two")),
      "/broken": () => new Response(broken()),
      "/throws": () => {
        throw new Error("a secret");
      },
      "/ws": (request, server) =>
        server.upgrade(request, { data: "data of the app", headers: { "x-own": "1" } })
          ? undefined
          : new Response("no handshake", { status: 400 }),
    };
    const handle: Handle = (request, server: AppServer) =>
      routes[new URL(request.url).pathname]?.(request, server) ?? new Response("nothing", { status: 404 });

    beforeAll(() => {
      listener = listen({
        hostname: "127.0.0.1",
        port: 0,
        bodyBytesMax: 1_000_000,
        idleTimeoutSeconds: 60,
        reusePort: false,
        portSetting: "PORT",
        hasFront: true,
        handle,
        websocket: {
          open: (socket) => void socket.subscribe("all"),
          message: (socket, message) => void socket.send(`${String(socket.data)}: ${String(message)}`),
          close: (_socket, code) => closes.push(code),
        },
        answerError: createAnswerError(logger),
        tls: null,
      });
    });
    afterAll(() => listener.cut());

    const send = (bytes: string) => sendRaw(listener.address.port, bytes);

    test("delivers a request as it was sent: method, URL, fields, body and the client's address", async () => {
      const answer = await send(
        `POST /a/../tell?x=%20y HTTP/1.1\r\n${host}X-A: 1\r\nx-a: 2\r\nCookie: a\r\nCookie: b\r\nContent-Length: 4\r\n\r\nbody`,
      );
      expect(JSON.parse(answer.body)).toEqual({
        method: "POST",
        url: "http://shop.test/tell?x=%20y",
        fields: {
          host: "shop.test",
          connection: "close",
          "x-a": "1, 2",
          cookie: "a; b",
          "content-length": "4",
        },
        body: "body",
        address: "127.0.0.1",
      });
    });

    test("delivers the same as a Request", async () => {
      const chunks = "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n";
      const answer = await send(`POST /as-request HTTP/1.1\r\n${host}${chunks}`);
      const url = "http://shop.test/as-request";
      expect(JSON.parse(answer.body)).toEqual({ url, body: "body", address: "127.0.0.1", isSame: true });
    });

    test("sends a response from memory with its length, fields and date", async () => {
      const answer = await send(`GET /wire HTTP/1.1\r\n${host}\r\n`);
      expect(answer).toMatchObject({ status: 201, body: "wire" });
      expect(answer.headers).toMatchObject({ "content-length": "4", "x-a": "1", "set-cookie": "a, b" });
      expect(answer.headers["date"]).toMatch(/ GMT$/);
    });

    test("sends no body where none is allowed", async () => {
      expect((await send(`GET /empty HTTP/1.1\r\n${host}\r\n`)).text).toMatch(/^HTTP\/1.1 204 [^]*\r\n\r\n$/);
      expect((await send(`HEAD /wire HTTP/1.1\r\n${host}\r\n`)).text).toMatch(/^HTTP\/1.1 201 [^]*\r\n\r\n$/);
    });

    test("sends a stream in chunks, and one that breaks off without its end", async () => {
      expect((await send(`GET /stream HTTP/1.1\r\n${host}\r\n`)).body).toBe(
        "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
      );
      const answer = await fetch(`${listener.address.url}/broken`);
      await expect(answer.text()).rejects.toThrow();
    });

    test("renders thrown errors in the envelope, without their text", async () => {
      const answer = await fetch(`${listener.address.url}/throws`);
      expect(answer.status).toBe(500);
      expect(await answer.text()).toMatch(/^\{"error":\{"code":"internal",(?![^]*secret)/);
    });

    test.each([
      ["a length beside a coding", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400],
      ["two different lengths", "Content-Length: 1\r\nContent-Length: 2\r\n", 400],
      ["a length that is none", "Content-Length: x\r\n", 400],
      ["a folded line", "A: b\r\n c\r\n", 400],
      ["a control character", "A: \x01\r\n", 400],
      ["too many fields", "A: b\r\n".repeat(300), 431],
      ["too large a head", `A: ${"b".repeat(20_000)}\r\n`, 431],
      ["too large a body", "Content-Length: 2000000\r\n", 413],
    ])("refuses %s, and closes", async (_, fields, status) => {
      const answer = await send(`POST /tell HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
      expect([answer.status, answer.headers["connection"]?.toLowerCase()]).toEqual([status, "close"]);
    });

    test("upgrades to a WebSocket with the app's data and fields", async () => {
      const socket = new WebSocket(`${listener.address.url.replace("http", "ws")}/ws`);
      const said = createEventLog<string>();
      socket.addEventListener("message", ({ data }) => said.push(String(data)));
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      socket.send("hello");
      expect(await said.next()).toBe("data of the app: hello");
      expect(listener.pending.sockets).toBe(1);
      socket.close(3000);
      expect(await closes.next()).toBe(3000);
    });

    test.each([
      ["no key", "Sec-WebSocket-Version: 13\r\n"],
      ["a short key", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: abc\r\n"],
    ])("refuses a handshake with %s", async (_, fields) => {
      const head = `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n`;
      expect((await send(`${head}${fields}\r\n`)).status).toBe(400);
    });

    test.each([
      ["what the app says", "a, b", { "sec-websocket-protocol": "b" }, "b"],
      ["the first that was offered", "a, b", {}, "a"],
      ["none where the app says so", "a, b", { "sec-websocket-protocol": "" }, undefined],
      ["none where none was offered", null, {}, undefined],
    ])("negotiates the subprotocol: %s", async (_, offered, headers, spoken) => {
      const answered = Promise.withResolvers<string | undefined>();
      const own = listen({
        hostname: "127.0.0.1",
        port: 0,
        bodyBytesMax: 1,
        idleTimeoutSeconds: 60,
        reusePort: false,
        portSetting: "PORT",
        hasFront: true,
        handle: (request, server) =>
          server.upgrade(request, { data: null, headers }) ? undefined : new Response(),
        websocket: { open: (socket) => socket.close(1000) },
        answerError: createAnswerError(logger),
        tls: null,
      });
      const protocols = offered === null ? "" : `Sec-WebSocket-Protocol: ${offered}\r\n`;
      const handshake = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocols}\r\n`;
      const { headers: given, status } = await sendRaw(own.address.port, handshake);
      answered.resolve(given["sec-websocket-protocol"]);
      expect(status).toBe(101);
      expect(given["sec-websocket-accept"]).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      expect(await answered.promise).toBe(spoken);
      await own.cut();
    });

    test("reports if certificates cannot be replaced", () => {
      expect(() =>
        listener.replaceTls({
          certificates: [],
          minVersion: "1.2",
          http2: false,
          redirect: null,
          clientCertificates: null,
        }),
      ).toThrow("without TLS");
    });
  });
}

function partsOf(...parts: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      for (const part of parts) {
        controller.enqueue(Buffer.from(part));
        await Bun.sleep(5);
      }
      controller.close();
    },
  });
}

function broken(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.from("half"));
      await Bun.sleep(20);
      controller.error(new Error("broken"));
    },
  });
}
