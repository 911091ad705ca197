import { afterAll, describe, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { Elysia } from "elysia";
import { startServer } from "../../test/start-server.ts";

const reached: string[] = [];
const started = await startServer({
  routes: [new Elysia().all("/admin", () => "inside").all("/*", () => "anything")],
  front: (request) => {
    reached.push(request.url);
    return null;
  },
});
afterAll(() => started.server.stop());

const send = (head: string) => sendRaw(started.port, `${head}\r\nConnection: close\r\n\r\n`);

describe("a request with an ambiguous target is refused first", () => {
  test.each([
    ["two hosts", "GET /admin HTTP/1.1\r\nHost: a.example\r\nHost: b.example", 400, "invalid_host"],
    ["a host with a path", "GET /xx HTTP/1.1\r\nHost: a/admin", 400, "invalid_host"],
    ["a host with a space", "GET /xx HTTP/1.1\r\nHost: a b", 400, "invalid_host"],
    ["a host with a query", "GET /xx HTTP/1.1\r\nHost: a?b", 400, "invalid_host"],
    ["a host with a user", "GET /xx HTTP/1.1\r\nHost: user@a", 400, "invalid_host"],
    ["a host with a fragment", "GET /xx HTTP/1.1\r\nHost: a#b", 400, "invalid_host"],
    ["a host with a backslash", "GET /xx HTTP/1.1\r\nHost: a\\admin", 400, "invalid_host"],
    ["a host that is empty", "GET /xx HTTP/1.1\r\nHost: ", 400, "invalid_host"],
    ["no host in HTTP/1.0", "GET /xx HTTP/1.0", 400, "invalid_host"],
    ["a port out of range", "GET /xx HTTP/1.1\r\nHost: a:99999999", 400, "invalid_host"],
    ["a very long target", `GET /${"x".repeat(8192)} HTTP/1.1\r\nHost: a.example`, 414, "uri_too_long"],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a", 405, "method_not_allowed"],
    ["TRACE", "TRACE /admin HTTP/1.1\r\nHost: a.example", 405, "method_not_allowed"],
  ])("%s", async (_name, head, status, code) => {
    reached.length = 0;
    const answer = await send(head);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code, requestId: answer.headers["x-request-id"] },
    });
    expect(reached).toEqual([]);
  });

  test("and a target of 8,192 characters is served, however long its host", async () => {
    const head = `GET /${"x".repeat(8191)} HTTP/1.1\r\nHost: ${"host.".repeat(20)}example`;
    expect((await send(head)).status).toBe(200);
  });

  test.each([
    ["a missing host in HTTP/1.1", "GET /xx HTTP/1.1"],
    ["a target that is no path", "GET admin HTTP/1.1\r\nHost: a.example"],
    [
      "a body framed twice",
      "POST /admin HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
    ],
    ["two lengths", "POST /admin HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nContent-Length: 4"],
    ["a folded header", "GET /admin HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b"],
  ])("%s is refused by Bun's parser", async (_name, head) => {
    reached.length = 0;
    expect((await send(head)).status).toBe(400);
    expect(reached).toEqual([]);
  });

  test.each(["a.example", "A.Example:3000", "127.0.0.1:1", "[::1]:3000", "localhost", "x_y.internal."])(
    "the host %s is served",
    async (host) => {
      expect((await send(`GET /admin HTTP/1.1\r\nHost: ${host}`)).body).toBe("inside");
    },
  );

  test("an absolute-form target is served by its path if it names the same host as Host, and refused otherwise", async () => {
    reached.length = 0;
    const answer = await send("GET http://good.example/admin HTTP/1.1\r\nHost: good.example");
    expect(answer.body).toBe("inside");
    const other = await send("GET http://evil.example/admin HTTP/1.1\r\nHost: good.example");
    expect([other.status, JSON.parse(other.body).error.code]).toEqual([400, "invalid_host"]);
    expect(reached).toEqual(["http://good.example/admin"]);
  });
});
