import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:http2";
import { join } from "node:path";
import { createMeshAuthority, createTemporaryDirectory, waitUntil } from "@libs/testing";
import {
  dataOf,
  encodeFields,
  type Field,
  headersOf,
  openedAndReset,
  speakHttp2,
} from "../support/clients/http2-frames.ts";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const directory = await createTemporaryDirectory();
const authority = await createMeshAuthority("Edge");
const ca = authority.certificate;
const pair = await authority.issue({ names: ["DNS:shop.test", "IP:127.0.0.1"] });
const cert = { file: join(directory.path, "cert.pem") };
const key = { file: join(directory.path, "key.pem") };
await Bun.write(cert.file, pair.cert);
await Bun.write(key.file, pair.key);
/** Sees every byte that any request brings. */
const upstream = await startRawUpstream((socket, head) => {
  if (head.includes("/never")) return;
  socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
});
const gateway = await startGateway({
  server: { tls: { certificates: [{ cert, key }] } },
  services: { api: serviceAt(upstream.url) },
  routes: [
    { id: "all", match: { path: "/*" }, service: "api" },
    {
      id: "read",
      match: { path: "/read" },
      service: "api",
      policies: [{ type: "transform", request: { body: { remove: ["/x"] } } }],
    },
  ],
});
afterAll(async () => {
  for (const each of [gateway, upstream, authority, directory]) await each[Symbol.asyncDispose]();
});

const usual: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/p"],
  [":authority", "shop.test"],
];
const withField = (name: string, value: string): readonly Field[] => [...usual, [name, value]];
const changed = (name: string, value: string): readonly Field[] =>
  usual.map((field) => (field[0] === name ? [name, value] : field));
const post = (...more: Field[]): readonly Field[] => [...changed(":method", "POST"), ...more];

const speak = (...frames: Buffer[]) => speakHttp2(gateway.port, ca, frames);

test("a request over HTTP/2 reaches its service over HTTP/1.1 unchanged", async () => {
  expect(await speak(headersOf(usual))).toMatchObject({ isAnswered: true, isRefused: false, body: "ok" });
  expect(upstream.heads.all.at(-1)).toStartWith("GET /p HTTP/1.1\r\n");
  expect(upstream.heads.all.at(-1)?.toLowerCase()).toContain("\r\nhost: shop.test");
  await speak(headersOf(post(["content-length", "4"]), false), dataOf("body"));
  expect(upstream.heads.all.at(-1)?.toLowerCase()).toContain("\r\ncontent-length: 4");
  expect(upstream.heads.all.at(-1)?.toLowerCase()).not.toContain("http2");
});

test.each(["/p", "/read"])(
  "the body of a GET, which Bun's HTTP/2 server withholds, is refused and not left out in silence: %s",
  async (path) => {
    const before = upstream.heads.all.length;
    const ask = (method: string, ...more: Field[]) => {
      const fields = usual.filter(([name]) => name !== ":path" && name !== ":method");
      const head = headersOf([[":method", method], [":path", path], ...fields, ...more], false);
      return speak(head, dataOf("body"));
    };
    for (const length of [[], [["content-length", "4"]]] as const) {
      expect((await ask("GET", ...length)).body).toContain('"code":"bad_request"');
      expect((await ask("HEAD", ...length)).isAnswered).toBe(true);
    }
    expect(upstream.heads.all.length).toBe(before);
  },
);

test("over HTTP/2, a body without Content-Length reaches its service complete, and no empty body is added", async () => {
  await using service = startUpstream((_request, { body }) => new Response(`${body.length}`));
  await using other = await startGateway({
    server: { tls: { certificates: [{ cert, key }] } },
    services: { api: serviceAt(service.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api", bodyBytesMax: 100_000 }],
  });
  const session = connect(other.url, { ca });
  const send = async (method: string, size: number): Promise<string> => {
    const stream = session.request({ ":method": method, ":path": "/" }, { endStream: size === 0 });
    if (size > 0) stream.end("x".repeat(size));
    const chunks = await Array.fromAsync(stream);
    return Buffer.concat(chunks).toString();
  };
  expect([await send("POST", 60_000), await send("DELETE", 10), await send("DELETE", 0)]).toEqual([
    "60000",
    "10",
    "0",
  ]);
  expect(service.seen.all.map(({ headers }) => headers.has("transfer-encoding"))).toEqual([
    true,
    true,
    false,
  ]);
  expect(await send("PUT", 110_000)).toContain("payload_too_large");
  session.destroy();
});

describe("over HTTP/2, ambiguous requests never reach a service:", () => {
  const heads: readonly (readonly [why: string, fields: readonly Field[]])[] = [
    ["a line break in a value", withField("x-a", "1\r\nx-b: 2")],
    ["a bare LF in a value", withField("x-a", "1\nx-b: 2")],
    ["NUL in a value", withField("x-a", "1\0")],
    ["DEL in a value", withField("x-a", "1\x7f")],
    ["a line break in a name", withField("x\r\ny", "1")],
    ["a colon in a name", withField("x:a", "1")],
    ["a blank in a name", withField("x a", "1")],
    ["a capital in a name", withField("X-A", "1")],
    ["no name", withField("", "1")],
    ["a blank in the path", changed(":path", "/a b")],
    ["a second request in the path", changed(":path", "/a HTTP/1.1\r\nHost: b\r\n\r\nGET /b")],
    ["an absolute path", changed(":path", "http://evil.test/x")],
    ["no path", changed(":path", "")],
    ["an asterisk for a path", changed(":path", "*")],
    ["NUL in the path", changed(":path", "/a%00")],
    ["two paths", withField(":path", "/q")],
    ["a pseudo-header that there is none of", withField(":foo", "1")],
    ["a pseudo-header behind a field", [["x-a", "1"], ...usual]],
    ["a blank in the method", changed(":method", "GET /x")],
    ["an unknown method", changed(":method", "SMUGGLE")],
    ["CONNECT", changed(":method", "CONNECT")],
    ["TRACE", changed(":method", "TRACE")],
    ["no authority", usual.filter(([name]) => name !== ":authority")],
    ["a host that is not the authority", withField("host", "evil.test")],
    ["a slash in the authority", changed(":authority", "a/b")],
    ["a user in the authority", changed(":authority", "u@shop.test")],
    ["a line break in the authority", changed(":authority", "a\r\nb")],
    ["a transfer coding", withField("transfer-encoding", "chunked")],
    ["a connection field", withField("connection", "x-a")],
    ["another protocol", withField("upgrade", "websocket")],
    ["a length without a body", withField("content-length", "5")],
    ["two lengths", post(["content-length", "4"], ["content-length", "5"])],
    ["a signed length", post(["content-length", "+4"])],
  ];
  test.each(heads)("%s", async (_why, fields) => {
    const before = upstream.heads.all.length;
    const hasBody = fields.some(([name, value]) => name === ":method" && value === "POST");
    const frames = hasBody ? [headersOf(fields, false), dataOf("body")] : [headersOf(fields)];
    const outcome = await speak(...frames);
    expect(outcome.body).not.toBe("ok");
    expect(outcome.isRefused || outcome.isAnswered).toBe(true);
    expect(upstream.heads.all.length).toBe(before);
  });

  test.each([
    ["longer than its length", "3"],
    ["shorter than its length", "300"],
  ])("a body %s", async (_why, length) => {
    const outcome = await speak(headersOf(post(["content-length", length]), false), dataOf("0123456789"));
    expect(outcome).toMatchObject({ isRefused: true, body: "" });
  });

  test("trailers that look like another request", async () => {
    const body = [headersOf(post(), false), dataOf("abc", false), headersOf([[":path", "/other"]])];
    expect((await speak(...body)).isRefused).toBe(true);
    expect(upstream.heads.all.at(-1)).not.toContain("/other");
  });
});

test("a client that keeps opening and resetting streams is disconnected before many of them reach a service", async () => {
  const before = upstream.heads.all.length;
  const fields = encodeFields(usual);
  const flood = Array.from({ length: 60_000 }, (_, index) => openedAndReset(index, fields));
  expect((await speak(Buffer.concat(flood))).isRefused).toBe(true);
  expect(upstream.heads.all.length - before).toBeLessThan(1000);
  expect((await fetch(gateway.url, { tls: { ca } })).status).toBe(200);
});

test("a reset stream cancels the request to the service, and the connection stays open", async () => {
  const session = connect(gateway.url, { ca });
  const closed = upstream.closed.all.length;
  const stream = session.request({ ":path": "/never" });
  await upstream.heads.find((head) => head.includes("/never"));
  stream.close(8);
  await upstream.closed.atLeast(closed + 1);
  const next = session.request({ ":path": "/after" });
  const status = await new Promise((resolve, reject) => {
    next.once("response", (headers) => resolve(headers[":status"]));
    next.once("error", reject);
  });
  expect(status).toBe(200);
  session.destroy();
});

test("a client that leaves in the middle of its body is recorded as having left, not as a failure of the gateway", async () => {
  await using own = await startGateway({
    server: { tls: { certificates: [{ cert, key }] }, accessLog: { sampleRatio: 1 } },
    services: { api: serviceAt(upstream.url) },
    routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
  });
  const session = connect(own.url, { ca });
  for (const length of [10, 100_000]) {
    const stream = session.request({ ":method": "POST", ":path": "/never", "content-length": length });
    stream.write("first");
    const begun = async () => /requests_in_flight\{route="all".*\} 1/.test(await own.metrics.render());
    await waitUntil(begun, { what: "the request in flight" });
    stream.close(8);
    await waitUntil(async () => !(await begun()), { what: "its end" });
  }
  const ended = own.log.lines.map((line) => line["ended"]).filter((reason) => reason !== undefined);
  expect(ended).toEqual(["client_left", "client_left"]);
  session.destroy();
});
