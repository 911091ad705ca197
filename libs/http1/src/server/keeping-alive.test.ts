import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import type { WireRequest } from "../request/wire-request.ts";
import { WireResponse } from "../wire-response.ts";

const get = (path: string, more = "", version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\nHost: a\r\n${more}\r\n`;
const pathOf = ({ url }: WireRequest): string => new URL(url).pathname;
const echo = (request: WireRequest): WireResponse => new WireResponse(200, [], pathOf(request));
const later = async (request: WireRequest): Promise<WireResponse> => {
  await Bun.sleep(1);
  return echo(request);
};
const bodiesOf = (said: string): string[] =>
  [...said.matchAll(/\r\n\r\n(\/[a-z\d]+)/g)].map(([, body = ""]) => body);

describe("a connection", () => {
  test.each([
    ["at once", echo],
    ["later", later],
  ])("carries consecutive requests, answered %s", async (_, handle) => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    await client.write(get("/one"));
    await client.until("/one");
    await client.write(get("/two"));
    expect(bodiesOf(await client.until("/two"))).toEqual(["/one", "/two"]);
  });

  test.each([
    ["at once", echo],
    ["later", later],
  ])("answers pipelined requests in order, %s", async (_, handle) => {
    await using started = startHttp1(handle);
    using client = new RawClient(started.port);
    const paths = Array.from({ length: 500 }, (_each, index) => `/n${index}`);
    await client.write(paths.map((path) => get(path)).join("") + get("/end", "Connection: close\r\n"));
    expect(bodiesOf(await client.closed())).toEqual([...paths, "/end"]);
  });

  test("has one request in progress at a time, however many have arrived", async () => {
    let [underWay, most] = [0, 0];
    await using started = startHttp1(async (request) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await Bun.sleep(1);
      underWay -= 1;
      return echo(request);
    });
    using client = new RawClient(started.port);
    await client.write(get("/a").repeat(20) + get("/end", "Connection: close\r\n"));
    await client.closed();
    expect(most).toBe(1);
  });

  test.each([
    ["a client of HTTP/1.1 that says so", get("/x", "Connection: close\r\n")],
    ["a client of HTTP/1.0 that says nothing", get("/x", "", "1.0")],
  ])("is closed after the response for %s", async (_, bytes) => {
    await using started = startHttp1(echo);
    using client = new RawClient(started.port);
    await client.write(bytes);
    const said = await client.closed();
    expect(bodiesOf(said)).toEqual(["/x"]);
    expect(said).toContain("\r\nconnection: close\r\n");
  });

  test("is kept for a client of HTTP/1.0 that requests it", async () => {
    await using started = startHttp1(echo);
    using client = new RawClient(started.port);
    await client.write(get("/one", "Connection: keep-alive\r\n", "1.0"));
    expect(await client.until("/one")).toContain("\r\nconnection: keep-alive\r\n");
    await client.write(get("/two", "", "1.0"));
    expect(bodiesOf(await client.closed())).toEqual(["/one", "/two"]);
  });

  test("is closed with a response that announces it", async () => {
    await using started = startHttp1(() => new WireResponse(200, ["Connection", "close"], "bye"));
    using client = new RawClient(started.port);
    await client.write(get("/x") + get("/y"));
    const said = await client.closed();
    expect(said.match(/connection: close/gi)).toHaveLength(1);
    expect(said.match(/bye/g)).toHaveLength(1);
  });

  test("reads a bounded amount while a request is in progress", async () => {
    const gate = Promise.withResolvers<void>();
    const seen = createEventLog<string>();
    await using started = startHttp1(async (request) => {
      seen.push(pathOf(request));
      await gate.promise;
      return echo(request);
    });
    using client = new RawClient(started.port);
    await client.write(get("/first"));
    await seen.next();
    const flood = get("/more", `X: ${"x".repeat(1000)}\r\n`).repeat(40_000);
    const written = client.write(flood);
    expect(await Promise.race([written.then(() => "taken"), Bun.sleep(200).then(() => "held back")])).toBe(
      "held back",
    );
    expect(seen.all).toEqual(["/first"]);
    gate.resolve();
  });

  test("sends a client that reads nothing no further responses", async () => {
    let answered = 0;
    const big = "x".repeat(50_000);
    await using started = startHttp1(() => {
      answered += 1;
      return new WireResponse(200, [], big);
    });
    using client = new RawClient(started.port);
    client.socket.pause();
    for (let index = 0; index < 400; index += 1) await client.write(get("/x"));
    await Bun.sleep(50);
    // What the kernel takes of them is no concern of ours.
    expect(answered).toBeLessThan(300);
  });
});

describe("a client that disconnects", () => {
  test("during its request aborts the handler's signal, and the response is dropped", async () => {
    const left = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    await using started = startHttp1(async ({ signal }) => {
      signal.addEventListener("abort", () => left.resolve());
      await left.promise;
      return new WireResponse(200, [], new ReadableStream({ cancel: () => cancelled.resolve() }));
    });
    const client = new RawClient(started.port);
    await client.write(get("/x"));
    await Bun.sleep(5);
    client.socket.destroy();
    await Promise.all([left.promise, cancelled.promise]);
    expect(started.server.pendingRequests).toBe(0);
  });

  test("before the signal was first read still aborts it", async () => {
    const gone = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<boolean>();
    await using started = startHttp1(async (request) => {
      await gone.promise;
      seen.resolve(request.signal.aborted);
      return echo(request);
    });
    const client = new RawClient(started.port);
    await client.write(get("/x"));
    await Bun.sleep(5);
    client.socket.destroy();
    while (started.server.pendingRequests > 0) await Bun.sleep(1);
    gone.resolve();
    expect(await seen.promise).toBe(true);
  });

  test("after its response aborts nothing", async () => {
    let signal: AbortSignal | null = null;
    await using started = startHttp1((request) => {
      ({ signal } = request);
      return echo(request);
    });
    using client = new RawClient(started.port);
    await client.write(get("/x", "Connection: close\r\n"));
    await client.closed();
    expect(signal).toMatchObject({ aborted: false });
  });
});
