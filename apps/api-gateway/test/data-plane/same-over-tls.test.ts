import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { createTlsFixture } from "../support/tls/tls-fixture.ts";

const fixture = await createTlsFixture();
const { ca, authorities, shop, api } = fixture;

/** Echoes the request in its body, and fields that are easily lost in its head. */
const service = await startRawUpstream((socket, head) => {
  const [line = "", ...fields] = head.split("\r\n");
  const told = JSON.stringify([line, ...fields.filter((field) => !/^(x-|via|host)/i.test(field))]);
  socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  socket.write(
    "HTTP/1.1 299 Rather Fine\r\nSet-Cookie: a=1\r\nsEt-cOOkie: b=2, c\r\nX-Twice: 1\r\nX-Twice: 2\r\n",
  );
  socket.write(
    `Odd-Spelling: \xe9\r\nVary: a\r\nVary: b\r\nContent-Length: ${told.length}\r\n\r\n${told}`,
    "latin1",
  );
});

async function gatewayOver(tls: object | null) {
  return await startGateway({
    server: tls === null ? {} : { tls: { certificates: [shop, api], ...tls } },
    services: { api: serviceAt(service.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
}

const plain = await gatewayOver(null);
const secured = [
  ["TLS", await gatewayOver({})],
  ["TLS without HTTP/2", await gatewayOver({ http2: false })],
  [
    "TLS with client certificates",
    await gatewayOver({ clientCertificates: { authorities, required: false } }),
  ],
] as const;
afterAll(async () => {
  for (const gateway of [plain, ...secured.map(([, one]) => one)]) await gateway[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

/** All that is answered to the end of the connection, but for what differs each time. @param ends sends no more than the bytes */
function say(port: number, bytes: string, { isTls = false, ends = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const place = { port, host: "127.0.0.1", allowHalfOpen: true };
    const scheme = isTls ? "https" : "http";
    const sent = Buffer.from(bytes.replace("SCHEME", scheme), "latin1");
    const speak = (): void => void (ends ? socket.end(sent) : socket.write(sent));
    const socket = isTls ? connectTls({ ...place, ca }, speak) : connect(place, speak);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => socket.end());
    // Cut: what was answered before counts.
    socket.once("error", () => undefined);
    socket.once("close", () =>
      resolve(
        Buffer.concat(chunks)
          .toString("latin1")
          .replaceAll(/^date: .*$/gim, "date: D")
          .replaceAll(/[\da-f]{8}-[\da-f]{4}-7[\da-f-]+/g, "ID"),
      ),
    );
    socket.setTimeout(15_000, () => reject(new Error(`no end of the answer to ${JSON.stringify(bytes)}`)));
  });
}

const host = "Host: shop.test\r\n";
const close = "Connection: close\r\n";
const get = (target: string, more = ""): string => `GET ${target} HTTP/1.1\r\n${host}${more}${close}\r\n`;
const post = (more: string, body: string): string => `POST /x HTTP/1.1\r\n${host}${more}${close}\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);

const said: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ["a reason phrase of the service's own and its repeated fields", get("/x"), 299],
  ["an answer without its body", get("/x").replace("GET", "HEAD"), 299],
  [
    "repeated fields of a request",
    get("/x", "X-A: 1\r\nAccept: a\r\nAccept: b\r\nCookie: a\r\nCookie: b\r\n"),
    299,
  ],
  ["bytes above ASCII in a value", get("/x", "Accept-Language: \xe9\xff\r\n"), 299],
  ["the spelling of a field", get("/x", "aCCept-LANguage: de\r\nWeird_Name: 1\r\n"), 299],
  ["a query as it was sent", get("/x?a=%7E&b='\"<>`{}|"), 299],
  ["dot segments", get("/a/../%2e%2e/x"), 299],
  ["bytes in a path that are UTF-8", get("/\xc3\xa9"), 299],
  ["bytes in a path that are none", get("/\xe9"), 400],
  ["a fragment", get("/x#y"), 400],
  ["a backslash", get("/a\\b"), 400],
  ["DEL in a path", get("/a\x7fb"), 400],
  ["a target that is no path", get("x"), 400],
  ["an asterisk", get("*"), 400],
  ["the options of the server", get("*").replace("GET", "OPTIONS"), 204],
  ["an absolute target", get("SCHEME://shop.test/x?y"), 299],
  ["an absolute target of another host", get("SCHEME://other.test/x"), 400],
  ["an absolute target of another scheme", get("ftp://shop.test/x"), 400],
  ["two hosts", get("/x", "Host: other.test\r\n"), 400],
  ["no host", `GET /x HTTP/1.1\r\n${close}\r\n`, 400],
  ["a host that is none", `GET /x HTTP/1.1\r\nHost: a/b\r\n${close}\r\n`, 400],
  ["a tunnel", `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n${close}\r\n`, 405],
  ["a trace", get("/x").replace("GET", "TRACE"), 405],
  ["a method that is not known", get("/x").replace("GET", "BREW"), 501],
  ["a version that is not known", get("/x").replace("1.1", "1.2"), 505],
  ["HTTP/1.0", `GET /x HTTP/1.0\r\n${host}\r\n`, 299],
  ["HTTP/1.0 that goes on", `GET /x HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n${get("/y")}`, 299],
  ["what is not HTTP", "\x16\x03\x01\x02\r\n\r\n", 400],
  ["a head without its end", `GET /x HTTP/1.1\r\nA: b\nC: d\r\n`, 400],
  ["too long a target", get(`/${"x".repeat(17_000)}`), 414],
  ["too large a head", get("/x", `A: ${"b".repeat(17_000)}\r\n`), 431],
  ["too many fields", get("/x", "A: b\r\n".repeat(300)), 431],
  ["a folded line", get("/x", "A: b\r\n c\r\n"), 400],
  ["a space before a colon", get("/x", "A : b\r\n"), 400],
  [
    "a length beside a coding",
    chunked("0\r\n\r\n").replace("Transfer", "Content-Length: 1\r\nTransfer"),
    400,
  ],
  ["the same length twice", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400],
  ["an expectation that nobody meets", post("Expect: a\r\nContent-Length: 1\r\n", "a"), 417],
  ["a body that is waited for", post("Expect: 100-continue\r\nContent-Length: 1\r\n", ""), 100],
  ["a body in chunks", chunked("1;a=b\r\na\r\n0\r\n\r\n"), 299],
  ["a body with trailers", chunked("1\r\na\r\n0\r\nA: b\r\n\r\n"), 299],
  ["a chunk without its length", chunked("x\r\na\r\n0\r\n\r\n"), 400],
  ["a chunk that ends in LF", chunked("1\na\n0\n\n"), 400],
  ["an upgrade that no route takes", get("/x", "Upgrade: h2c\r\n").replace("close", "close, Upgrade"), 299],
  [
    "requests that are pipelined",
    [1, 2, 3].map((index) => `GET /${index} HTTP/1.1\r\n${host}\r\n`).join("") + get("/4"),
    299,
  ],
  ["a request behind one that is malformed", `GET /x HTTP/1.1\r\n\r\n${get("/y")}`, 400],
];

describe.each(secured)("over %s", (_name, gateway) => {
  test.each(said)("the response is the same as over plain http: %s", async (_what, bytes, status) => {
    const options = { ends: status === 100 };
    const expected = await say(plain.port, bytes, options);
    expect(expected).toStartWith(`HTTP/1.1 ${status} `);
    expect(await say(gateway.port, bytes, { ...options, isTls: true })).toBe(expected);
  });
});
