import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { sendRaw } from "@libs/testing";
import { startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const upstream = startUpstream();
const gateway = await startGatewayTo(upstream.url);
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const host = "Host: shop.test\r\n";
const close = "Connection: close\r\n";
const chunked = `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${close}\r\n`;

describe("an ambiguous request never reaches a service", () => {
  const cases: readonly (readonly [why: string, bytes: string, status: number, code: string])[] = [
    [
      "a length beside a coding",
      `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      "invalid_header",
    ],
    [
      "two lengths",
      `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody`,
      400,
      "invalid_header",
    ],
    [
      "the same length twice",
      `POST /x HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 4\r\n${close}\r\nbody`,
      400,
      "invalid_header",
    ],
    ["a signed length", `POST /x HTTP/1.1\r\n${host}Content-Length: +4\r\n\r\nbody`, 400, "invalid_header"],
    [
      "an unknown coding",
      `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
      "invalid_header",
    ],
    ["a folded line", `GET /x HTTP/1.1\r\n${host}X: a\r\n b\r\n${close}\r\n`, 400, "invalid_header"],
    ["a space before a colon", `GET /x HTTP/1.1\r\n${host}X : a\r\n${close}\r\n`, 400, "invalid_header"],
    [
      "a bare LF between fields",
      `GET /x HTTP/1.1\r\n${host}X: a\nY: b\r\n${close}\r\n`,
      400,
      "invalid_header",
    ],
    [
      "a control character in a value",
      `GET /x HTTP/1.1\r\n${host}X: a\x01b\r\n${close}\r\n`,
      400,
      "invalid_header",
    ],
    ["DEL in a value", `GET /x HTTP/1.1\r\n${host}X: a\x7fb\r\n${close}\r\n`, 400, "invalid_header"],
    ["a NUL in the path", `GET /a%00b HTTP/1.1\r\n${host}${close}\r\n`, 400, "invalid_path"],
    ["two hosts", `GET /x HTTP/1.1\r\n${host}Host: b\r\n${close}\r\n`, 400, "invalid_host"],
    ["a chunk size with a blank", `${chunked}5 \r\nhello\r\n0\r\n\r\n`, 400, "bad_request"],
    ["a chunk size that ends in LF", `${chunked}5\nhello\r\n0\r\n\r\n`, 400, "bad_request"],
    ["a chunk longer than it says", `${chunked}5\r\nhello!\r\n0\r\n\r\n`, 400, "bad_request"],
    ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"],
    ["a target that is no path", `GET * HTTP/1.1\r\n${host}${close}\r\n`, 400, "invalid_path"],
    [
      "an expectation that nobody knows",
      `POST /x HTTP/1.1\r\n${host}Expect: magic\r\nContent-Length: 0\r\n${close}\r\n`,
      417,
      "expectation_failed",
    ],
    [
      "too many fields",
      `GET /x HTTP/1.1\r\n${host}${"X: y\r\n".repeat(300)}${close}\r\n`,
      431,
      "header_too_large",
    ],
    [
      "too large a head",
      `GET /x HTTP/1.1\r\n${host}X: ${"y".repeat(20_000)}\r\n${close}\r\n`,
      431,
      "header_too_large",
    ],
    [
      "another host in the target than in Host",
      `GET http://b/x HTTP/1.1\r\n${host}\r\n`,
      400,
      "invalid_host",
    ],
    ["a method that nobody knows", `FETCH /x HTTP/1.1\r\n${host}\r\n`, 501, "not_implemented"],
    ["too long a target", `GET /${"y".repeat(9000)} HTTP/1.1\r\n${host}${close}\r\n`, 414, "uri_too_long"],
  ];
  test.each(cases)("%s", async (_, bytes, status, code) => {
    const before = upstream.seen.all.length;
    const answer = await sendRaw(gateway.port, bytes);
    expect(answer.status).toBe(status);
    expect([errorCodeOf(answer.body), answer.headers["connection"]]).toEqual([code, "close"]);
    expect(upstream.seen.all.length).toBe(before);
  });
});

function errorCodeOf(body: string): unknown {
  return JSON.parse(body).error.code;
}

describe("connection options of a client", () => {
  test("Expect: 100-continue is answered by the gateway and not forwarded", async () => {
    const head = `POST /x HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n${close}\r\n`;
    const said = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect({ port: gateway.port, host: "127.0.0.1" }, () => socket.write(head));
      socket.on("data", (bytes: Buffer) => {
        text += bytes.toString("latin1");
        if (text === "HTTP/1.1 100 Continue\r\n\r\n") socket.write("hello");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });
    expect(said).toStartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    const seen = await upstream.seen.find(({ body }) => body === "hello");
    expect(seen.headers.has("expect")).toBe(false);
  });

  test("a client that sends its body at once gets no 100 Continue", async () => {
    const bytes = `POST /x HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 5\r\n${close}\r\nhello`;
    expect((await sendRaw(gateway.port, bytes)).text).toStartWith("HTTP/1.1 200 OK\r\n");
  });

  test("Upgrade to an unknown protocol is removed, and the request is served", async () => {
    const bytes = `GET /h2c HTTP/1.1\r\n${host}Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`;
    expect((await sendRaw(gateway.port, bytes)).status).toBe(200);
    const { headers } = await upstream.seen.find(({ path }) => path === "/h2c");
    expect([headers.has("upgrade"), headers.has("http2-settings")]).toEqual([false, false]);
  });

  test("HTTP/1.0 is answered, and the connection closed", async () => {
    expect((await sendRaw(gateway.port, `GET /x HTTP/1.0\r\n${host}\r\n`)).status).toBe(200);
  });
});
