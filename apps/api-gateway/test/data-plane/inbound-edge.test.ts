import { afterAll, describe, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/start-upstream.ts";

const upstream = startUpstream();
const gateway = await startGatewayTo(upstream.url);
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const host = "Host: shop.test\r\n";
const close = "Connection: close\r\n";
const chunked = `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${close}\r\n`;

describe("a request that could be read in two ways never reaches a service", () => {
  /** What Bun's own parser refuses is answered without a body; what the gateway refuses, in the envelope. */
  const cases: readonly (readonly [why: string, bytes: string, status: number, code: string])[] = [
    [
      "a length beside a coding",
      `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      "",
    ],
    ["two lengths", `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody`, 400, ""],
    [
      "the same length twice",
      `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 4\r\n${close}\r\nbody`,
      400,
      "invalid_header",
    ],
    ["a signed length", `POST /x HTTP/1.1\r\n${host}Content-Length: +4\r\n\r\nbody`, 400, ""],
    [
      "an unknown coding",
      `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
      "",
    ],
    ["a folded line", `GET /x HTTP/1.1\r\n${host}X: a\r\n b\r\n${close}\r\n`, 400, ""],
    ["a space before a colon", `GET /x HTTP/1.1\r\n${host}X : a\r\n${close}\r\n`, 400, ""],
    ["a bare LF between fields", `GET /x HTTP/1.1\r\n${host}X: a\nY: b\r\n${close}\r\n`, 400, ""],
    ["a control character in a value", `GET /x HTTP/1.1\r\n${host}X: a\x01b\r\n${close}\r\n`, 400, ""],
    ["DEL in a value", `GET /x HTTP/1.1\r\n${host}X: a\x7fb\r\n${close}\r\n`, 400, "invalid_header"],
    ["a NUL in the path", `GET /a%00b HTTP/1.1\r\n${host}${close}\r\n`, 400, "invalid_path"],
    ["two hosts", `GET /x HTTP/1.1\r\n${host}Host: b\r\n${close}\r\n`, 400, "invalid_host"],
    ["a chunk size with a blank", `${chunked}5 \r\nhello\r\n0\r\n\r\n`, 400, ""],
    ["a chunk size that ends in LF", `${chunked}5\nhello\r\n0\r\n\r\n`, 400, ""],
    ["a chunk longer than it says", `${chunked}5\r\nhello!\r\n0\r\n\r\n`, 400, ""],
    ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, ""],
    ["a target that is no path", `OPTIONS * HTTP/1.1\r\n${host}${close}\r\n`, 400, ""],
    [
      "an expectation that nobody knows",
      `POST /x HTTP/1.1\r\n${host}Expect: magic\r\nContent-Length: 0\r\n${close}\r\n`,
      417,
      "expectation_failed",
    ],
    ["too many fields", `GET /x HTTP/1.1\r\n${host}${"X: y\r\n".repeat(300)}${close}\r\n`, 431, ""],
    ["too large a head", `GET /x HTTP/1.1\r\n${host}X: ${"y".repeat(20_000)}\r\n${close}\r\n`, 431, ""],
    ["too long a target", `GET /${"y".repeat(9000)} HTTP/1.1\r\n${host}${close}\r\n`, 414, "uri_too_long"],
  ];
  test.each(cases)("%s", async (_, bytes, status, code) => {
    const before = upstream.seen.all.length;
    const answer = await sendRaw(gateway.port, bytes);
    expect(answer.status).toBe(status);
    expect(code === "" ? answer.body : errorCodeOf(answer.body)).toBe(code);
    expect(upstream.seen.all.length).toBe(before);
  });
});

function errorCodeOf(body: string): unknown {
  return JSON.parse(body).error.code;
}

describe("what a client may ask of its connection", () => {
  test("100-continue is answered by the gateway, and the service never hears of it", async () => {
    const bytes = `POST /x HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n${close}\r\nhello`;
    const answer = await sendRaw(gateway.port, bytes);
    expect(answer.text).toStartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    const seen = await upstream.seen.find(({ body }) => body === "hello");
    expect(seen.headers.has("expect")).toBe(false);
  });

  test("another protocol is not switched to: the request is served as it is, without the wish", async () => {
    const bytes = `GET /h2c HTTP/1.1\r\n${host}Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`;
    expect((await sendRaw(gateway.port, bytes)).status).toBe(200);
    const { headers } = await upstream.seen.find(({ path }) => path === "/h2c");
    expect([headers.has("upgrade"), headers.has("http2-settings")]).toEqual([false, false]);
  });

  test("HTTP/1.0 is answered and closed", async () => {
    expect((await sendRaw(gateway.port, `GET /x HTTP/1.0\r\n${host}\r\n`)).status).toBe(200);
  });
});
