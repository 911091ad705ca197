import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import type { WireRequest } from "../request/wire-request.ts";
import { WireResponse } from "../wire-response.ts";

const echo = (request: WireRequest): WireResponse => new WireResponse(200, [], request.url);
const get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

describe("bytes that are not a request are refused as soon as that is certain", () => {
  test.each([
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01", "bad_request"],
    ["SSH", "SSH-2.0-OpenSSH_9.0\r\n", "bad_request"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version_not_supported"],
    ["a line that ends in LF", "GET / HTTP/1.1\nHost: a\n", "bad_request"],
    ["a line that ends in CR", "GET / HTTP/1.1\rHost", "bad_request"],
    ["two empty lines", `\r\n\r\n${get}`, "bad_request"],
    ["a method without end", "A".repeat(100), "bad_request"],
    ["a target without end", `GET /${"a".repeat(20_000)}`, "uri_too_long"],
    ["a head without end", `GET / HTTP/1.1\r\nA: ${"b".repeat(20_000)}`, "header_too_large"],
    [
      "a head that is too large",
      `GET / HTTP/1.1\r\nHost: a\r\nA: ${"b".repeat(17_000)}\r\n\r\n`,
      "header_too_large",
    ],
  ])("%s", async (_, bytes, code) => {
    await using started = startHttp1(echo);
    using client = new RawClient(started.port);
    await client.write(bytes);
    expect(await client.until(`\r\n\r\n${code}`)).toContain("\r\nconnection: close\r\n");
    expect(started.troubles).toEqual(["refused"]);
  });
});

test("one empty line before a request is ignored", async () => {
  await using started = startHttp1(echo);
  using client = new RawClient(started.port);
  await client.write(`\r\n${get}\r\n${get}`);
  await client.until("http://a/x");
  await waitUntil(() => client.said.match(/http:\/\/a\/x/g)?.length === 2, { what: "two answers" });
});

test.each([
  ["because its body is too large", 1, "Content-Length: 11\r\n", 413],
  ["because there are too many connections", 0, "", 503],
  ["because its body is malformed", 1, "Transfer-Encoding: chunked\r\n\r\nz", 400],
  ["because a field is malformed", 1, "A : b\r\n", 400],
  ["because its head is too large", 1, `A: ${"b".repeat(17_000)}`, 431],
])("a HEAD request that is refused %s is answered without a body", async (_, all, more, status) => {
  await using started = startHttp1(echo, {
    bodyBytesMax: 10,
    connectionLimits: () => ({ all, ofAddress: all }),
  });
  using client = new RawClient(started.port);
  await client.write(`HEAD / HTTP/1.1\r\nHost: a\r\n${more}\r\n`);
  expect(await client.closed()).toMatch(
    new RegExp(`^HTTP/1.1 ${status} [^]*\r\ncontent-length: [1-9][^]*\r\n\r\n$`),
  );
});

test("after a refusal nothing more is read, and the client can read the reason", async () => {
  let asked = 0;
  await using started = startHttp1(() => new WireResponse(200, [], String((asked += 1))));
  using client = new RawClient(started.port);
  const sending = client.write(`GET / HTTP/1.1\r\n\r\n${get.repeat(100_000)}`);
  expect(await client.until("invalid_host")).toStartWith("HTTP/1.1 400 ");
  await sending;
  client.socket.end();
  await client.closed();
  expect([asked, client.wasReset]).toEqual([0, false]);
});

test("a head that trickles in, stalls or never starts times out", async () => {
  await using started = startHttp1(echo, { headTimeoutSeconds: 0.6 });
  using dribbling = new RawClient(started.port);
  using stopped = new RawClient(started.port);
  using silent = new RawClient(started.port);
  await stopped.write("GET / HTTP/1.1\r\nHost:");
  const drops = setInterval(() => void dribbling.socket.write("G"), 100);
  try {
    expect(await Promise.all([dribbling, stopped, silent].map((client) => client.closed()))).toEqual([
      "",
      "",
      "",
    ]);
  } finally {
    clearInterval(drops);
  }
  expect(started.troubles).toEqual(["late-head", "late-head"]);
});

test("a connection between two requests times out, a slow request does not", async () => {
  await using started = startHttp1(
    async (request) => {
      await Bun.sleep(2000);
      return echo(request);
    },
    { idleTimeoutSeconds: 0.5 },
  );
  using client = new RawClient(started.port);
  await client.write(get);
  await client.until("http://a/x");
  expect(await client.closed()).toEndWith("http://a/x");
  expect(started.troubles).toEqual([]);
});

test("a client whose first requests come together is not taken for one that does not read", async () => {
  await using started = startHttp1(
    (request) => {
      // the check of slow readers is due while the answers wait to be sent together
      if (request.url.endsWith("/slow")) Bun.sleepSync(700);
      return echo(request);
    },
    { idleTimeoutSeconds: 0.5, headTimeoutSeconds: 0.5 },
  );
  using before = new RawClient(started.port);
  await before.closed();
  using client = new RawClient(started.port);
  await client.write(
    `${get.replace("/x", "/slow")}${get}${get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")}`,
  );
  expect((await client.closed()).match(/http:\/\/a\/(?:x|slow)/g)).toHaveLength(3);
  expect(started.troubles).toEqual([]);
});

test("a client that does not close after its last response is not waited for", async () => {
  await using started = startHttp1(echo, { lingerSeconds: 0.5 });
  using client = new RawClient(started.port, true);
  await client.write("nonsense\0");
  await client.until("bad_request");
  await waitUntil(() => client.isClosed || client.socket.readableEnded, { what: "the end" });
  const drops = setInterval(() => void client.socket.write("x"), 50);
  try {
    await waitUntil(() => client.isClosed, { what: "the connection to be gone" });
  } finally {
    clearInterval(drops);
  }
});

test.each([
  ["before a byte", ""],
  ["in its head", "GET / HTT"],
  ["in its body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"],
  ["while it waits", get],
  ["with more on the way", get + get + get],
])("a client that resets its connection %s leaves nothing behind", async (_, bytes) => {
  await using started = startHttp1(async (request) => {
    await Bun.sleep(20);
    return new WireResponse(200, [], await request.text());
  });
  for (let index = 0; index < 20; index += 1) {
    const client = new RawClient(started.port);
    await client.write(bytes === "" ? "G" : bytes);
    client.socket.resetAndDestroy();
  }
  await Bun.sleep(60);
  expect(started.server.pendingRequests).toBe(0);
  await started.server.stop();
});
