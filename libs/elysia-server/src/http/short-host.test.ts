import { afterAll, expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { sendRaw } from "@libs/testing";
import { Elysia } from "elysia";
import { createElysiaServer } from "../elysia-server.ts";

const server = createElysiaServer({
  name: "test",
  version: "0",
  port: 0,
  hostname: "127.0.0.1",
  logger: createMemoryLogger().logger,
  metrics: createMetrics({ service: "test" }),
  docs: false,
  routes: [
    new Elysia()
      .get("/admin", () => "in")
      .post("/echo", ({ body }) => ({ body }))
      .post("/touch", () => "touched"),
  ],
});
await server.start();
afterAll(() => server.stop());

const send = (head: string, body = "") =>
  sendRaw(server.address?.port ?? 0, `${head}\r\nConnection: close\r\n\r\n${body}`);

test("a short host does not change the path that is served", async () => {
  for (const host of ["a", "ab", "abc", "abcd", "localhost"]) {
    for (const path of ["/xx/admin", "/x/admin", "/xxx/admin", "//admin", "/xxxx/admin"]) {
      expect([host, path, (await send(`GET ${path} HTTP/1.1\r\nHost: ${host}`)).status]).toEqual([
        host,
        path,
        404,
      ]);
    }
    expect([host, (await send(`GET /admin HTTP/1.1\r\nHost: ${host}`)).body]).toEqual([host, "in"]);
    const json = '{"a":1}';
    const posted = await send(
      `POST /echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${json.length}`,
      json,
    );
    expect([host, posted.body]).toEqual([host, '{"body":{"a":1}}']);
  }
});

test("a POST without a body needs no content type, one with a body does", async () => {
  expect((await send("POST /touch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0")).body).toBe("touched");
  expect((await send("POST /touch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1", "x")).status).toBe(415);
});

test.each(["localhost:99999", "a:65536", "1.2.3.4.5", "[::::]"])(
  "an invalid host is the caller's fault: %s",
  async (host) => {
    for (const path of ["/nothing", "/admin"]) {
      const { status, body } = await send(`GET ${path} HTTP/1.1\r\nHost: ${host}`);
      expect([path, status, JSON.parse(body).error.code]).toEqual([path, 400, "invalid_host"]);
    }
  },
);
