import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import type { Answer } from "../to-response.ts";
import { Trailers } from "../message/trailers.ts";
import { WireResponse } from "../wire-response.ts";

const date = ["date", "now"];
const ask = (method: string, more = "Connection: close\r\n", version = "1.1"): string =>
  `${method} /x HTTP/${version}\r\nHost: a\r\n${more}\r\n`;

async function answerTo(bytes: string, answer: () => Answer | Promise<Answer>): Promise<string> {
  await using started = startHttp1(answer);
  using client = new RawClient(started.port);
  await client.write(bytes);
  return (await client.closed()).replaceAll("\r\nconnection: close", "");
}

function streamOf(...parts: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      for (const part of parts) {
        controller.enqueue(Buffer.from(part));
        await Bun.sleep(1);
      }
      controller.close();
    },
  });
}

describe("a response", () => {
  const big = "x".repeat(200_000);
  test.each([
    ["of nothing", null, "0", ""],
    ["of text", "caf\u00e9", "5", "caf\u00c3\u00a9"],
    ["of bytes", Buffer.from([104, 105, 255]), "3", "hi\u00ff"],
    ["of much text", big, "200000", big],
    ["of many bytes", Buffer.from(big), "200000", big],
  ])("%s is sent with its length", async (_, body, length, text) => {
    const said = await answerTo(ask("GET"), () => new WireResponse(200, date, body));
    expect(said).toBe(`HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: ${length}\r\n\r\n${text}`);
  });

  test("that streams is ended by closing the connection for HTTP/1.0, whatever the client requests", async () => {
    const said = await answerTo(
      ask("GET", "Connection: keep-alive\r\n", "1.0"),
      () => new WireResponse(200, date, streamOf("one", "two")),
    );
    expect(said).toBe("HTTP/1.1 200 OK\r\ndate: now\r\n\r\nonetwo");
  });

  test("that streams is sent in chunks, and to HTTP/1.0 until the close", async () => {
    const answer = () => new WireResponse(200, date, streamOf("one", "two"));
    expect(await answerTo(ask("GET"), answer)).toBe(
      "HTTP/1.1 200 OK\r\ndate: now\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
    );
    expect(await answerTo(ask("GET", "", "1.0"), answer)).toBe("HTTP/1.1 200 OK\r\ndate: now\r\n\r\nonetwo");
  });

  test("that streams in chunks is followed by its trailers, as known when it ends", async () => {
    const trailers = new Trailers(null);
    const answer = () => new WireResponse(200, date, streamOf("one"), { trailers });
    trailers.fields = ["x-sum", "1"];
    const chunks = "3\r\none\r\n0\r\nx-sum: 1\r\n\r\n";
    expect(await answerTo(ask("GET"), answer)).toEndWith(`\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);
    expect(await answerTo(ask("GET", "", "1.0"), answer)).toEndWith("\r\n\r\none");
    expect(await answerTo(ask("HEAD"), answer)).not.toContain("x-sum");
  });

  test("with an invalid trailer is cut off, and the trailer is not sent", async () => {
    const trailers = new Trailers(null);
    trailers.fields = ["x-sum", "1\r\nevil: 1"];
    const said = await answerTo(ask("GET"), () => new WireResponse(200, date, streamOf("one"), { trailers }));
    expect([said.includes("evil"), said.endsWith("0\r\n\r\n")]).toEqual([false, false]);
  });

  test("that streams keeps a declared length", async () => {
    const said = await answerTo(
      ask("GET"),
      () => new WireResponse(200, date, streamOf("one", "two"), { contentLength: 6 }),
    );
    expect(said).toBe("HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 6\r\n\r\nonetwo");
  });

  test("that streams in large pieces arrives unchanged", async () => {
    const answer = () => new WireResponse(200, date, streamOf(big, big));
    const said = await answerTo(ask("GET"), answer);
    expect(said.slice(said.indexOf("\r\n\r\n") + 4)).toBe(`30d40\r\n${big}\r\n30d40\r\n${big}\r\n0\r\n\r\n`);
  });

  test("that starts slowly has its head sent first", async () => {
    const gate = Promise.withResolvers<void>();
    await using started = startHttp1(
      () =>
        new WireResponse(
          200,
          [],
          new ReadableStream({
            async pull(controller) {
              await gate.promise;
              controller.close();
            },
          }),
        ),
    );
    using client = new RawClient(started.port);
    await client.write(ask("GET"));
    await client.until("transfer-encoding: chunked\r\n");
    gate.resolve();
    expect(await client.closed()).toEndWith("\r\n\r\n0\r\n\r\n");
  });

  test.each([
    ["HEAD", 200, "hello", "content-length: 5\r\n"],
    ["GET", 204, "hello", ""],
    ["GET", 304, "hello", ""],
    ["GET", 205, "hello", "content-length: 0\r\n"],
  ])("to %s with %p has no body", async (method, status, body, framing) => {
    const said = await answerTo(ask(method), () => new WireResponse(status, date, body));
    expect(said.slice(said.indexOf("\r\n") + 2)).toBe(`date: now\r\n${framing}\r\n`);
  });

  test("that nobody will read is cancelled", async () => {
    const given = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({ cancel: () => given.resolve() });
    const said = await answerTo(
      ask("HEAD"),
      () => new WireResponse(200, [...date, "content-length", "9"], body),
    );
    expect(said).toBe("HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 9\r\n\r\n");
    await given.promise;
  });

  test("given as a Response is sent unchanged, with separate cookies, and from memory with its length", async () => {
    const headers = new Headers({ date: "now", "content-type": "text/plain" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const said = await answerTo(ask("GET"), () => new Response("hello", { status: 201, headers }));
    expect(said.split("\r\n").toSorted()).toEqual(
      [
        "HTTP/1.1 201 Created",
        "",
        "content-length: 5",
        "content-type: text/plain",
        "date: now",
        "hello",
        "set-cookie: a=1",
        "set-cookie: b=2",
      ].toSorted(),
    );
    const empty = await answerTo(ask("GET"), () => new Response(null, { headers: { date: "now" } }));
    expect(empty).toBe("HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 0\r\n\r\n");
    const streamed = await answerTo(
      ask("GET"),
      () => new Response(streamOf("a", "b"), { headers: { date: "now" } }),
    );
    expect(streamed).toEndWith("transfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
  });

  test.each([
    ["of a field", () => new WireResponse(200, ["x", "a\r\nb: c"], "hello")],
    ["of a field before a stream", () => new WireResponse(200, ["x", "a\r\nb: c"], streamOf("hello"))],
    ["of a status", () => new WireResponse(101, [], "hello")],
  ])("that would inject %s is never written, and logged", async (_, answer) => {
    await using started = startHttp1(answer);
    using client = new RawClient(started.port);
    await client.write(ask("GET"));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 500 [^]*\r\n\r\ninternal$/);
    expect(started.errors).toHaveLength(1);
  });

  test.each([
    [
      "thrown at once",
      () => {
        throw new Error("broken");
      },
    ],
    ["thrown later", () => Promise.reject(new Error("broken"))],
    ["that is none", () => undefined],
  ])("%s is an error, and the connection stays open", async (_, handle) => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    await client.write(ask("GET", ""));
    expect(await client.until("internal")).toStartWith("HTTP/1.1 500 ");
    await client.write(ask("GET"));
    expect((await client.closed()).match(/HTTP\/1.1 500/g)).toHaveLength(2);
  });
});

describe("a response that breaks off never looks complete", () => {
  test.each([
    ["in chunks", null, ["one"], true],
    ["shorter than its length", 9, ["one"], false],
    ["longer than its length", 4, ["one", "two"], false],
  ])("%s", async (_, length, parts, fails) => {
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const part of parts) controller.enqueue(Buffer.from(part));
        await Bun.sleep(5);
        if (fails) controller.error(new Error("broken"));
        else controller.close();
      },
    });
    await using started = startHttp1(() => new WireResponse(200, [], body, { contentLength: length }));
    using client = new RawClient(started.port);
    await client.write(ask("GET", ""));
    const said = await client.closed();
    expect(said).not.toEndWith("0\r\n\r\n");
    expect(started.troubles).toEqual(["broken-answer"]);
    if (length !== null) expect(said.slice(said.indexOf("\r\n\r\n") + 4).length).toBeLessThan(length);
  });
});

test.each([
  ["of unknown length", null, "error"],
  ["with a length", 9, "error"],
  ["that is empty against its length", 9, "close"],
] as const)(
  "a response %s that breaks off before its first piece has begun: a client would repeat a request that got nothing",
  async (_, contentLength, end) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        end === "close" ? controller.close() : controller.error(new Error("broken at once")),
    });
    await using started = startHttp1(() => new WireResponse(200, [], body, { contentLength }));
    using client = new RawClient(started.port);
    await client.write(ask("GET", ""));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    expect(started.troubles).toEqual(["broken-answer"]);
  },
);

describe("a client that reads slowly", () => {
  test("slows down the source of its response, and receives all of it", async () => {
    let pulled = 0;
    const part = new Uint8Array(65_536).fill(120);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        if (pulled > 500) controller.close();
        else controller.enqueue(part);
      },
    });
    await using started = startHttp1(() => new WireResponse(200, [], body));
    using client = new RawClient(started.port);
    client.socket.pause();
    await client.write(ask("GET"));
    await waitUntil(() => pulled > 2, { what: "a first piece" });
    await Bun.sleep(50);
    expect(pulled).toBeLessThan(300);
    client.socket.resume();
    expect((await client.closed()).length).toBeGreaterThan(500 * 65_536);
  });

  test("is disconnected as soon as the source of its response has failed", async () => {
    const source = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => source.resolve(controller),
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
    });
    await using started = startHttp1(() => new WireResponse(200, [], body));
    using client = new RawClient(started.port);
    client.socket.pause();
    await client.write(ask("GET"));
    const controller = await source.promise;
    // So much is asked for, and no more, once the client's end is full.
    await waitUntil(() => controller.desiredSize === 0, { what: "a full connection" });
    await Bun.sleep(50);
    controller.error(new Error("given up"));
    await waitUntil(() => started.server.pendingRequests === 0, { what: "the end" });
    expect(started.troubles).toEqual(["broken-answer"]);
  });

  test("is disconnected if it stalls for too long, and the source is cancelled", async () => {
    const given = Promise.withResolvers<void>();
    const part = new Uint8Array(65_536);
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(part),
      cancel: () => given.resolve(),
    });
    await using started = startHttp1(() => new WireResponse(200, [], body), { idleTimeoutSeconds: 0.5 });
    using client = new RawClient(started.port);
    client.socket.pause();
    await client.write(ask("GET"));
    await given.promise;
    expect(started.troubles).toEqual(["stalled"]);
  });
});

test.each([
  ["whose head cannot be written", 200, ["x", "a\nb"]],
  ["that has no body", 205, []],
  ["that has neither body nor length", 204, []],
])("a response %s cancels the source of its body", async (_, status, fields) => {
  const given = Promise.withResolvers<string>();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.from("part")),
    cancel: () => given.resolve("given up"),
  });
  await answerTo(ask("GET"), () => new WireResponse(status, fields, body));
  expect(await given.promise).toBe("given up");
});
