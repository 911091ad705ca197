import { afterAll, describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { currentLogContext } from "@libs/monitoring";
import { Elysia, NotFoundError, t } from "elysia";
import { readBody } from "./read-body.ts";
import { codeOf, startServer } from "../../test/start-server.ts";

const secret = "s3cr3t-value";
const routes = new Elysia({ prefix: "/api" })
  .post("/things/:id", ({ body }) => body, {
    params: t.Object({ id: t.Numeric() }),
    query: t.Object({ page: t.Optional(t.Numeric()) }),
    body: t.Object(
      { name: t.String(), tags: t.Optional(t.Array(t.String())) },
      { additionalProperties: false },
    ),
  })
  .post("/form", ({ body }) => body, {
    body: t.Object({ grant_type: t.String() }, { additionalProperties: true }),
  })
  .post("/choice", ({ body }) => body, {
    body: t.Union([t.Object({ a: t.String() }), t.Object({ b: t.String() })], {
      description: "{ a } or { b }",
    }),
  })
  .post("/word", ({ body }) => body, {
    body: t.Object({ word: t.Union([t.Literal("one"), t.Literal("two")]) }),
  })
  .get("/pages/:number", () => "", {
    params: t.Object({ number: t.Integer({ maximum: 9 }) }),
    query: t.Object({
      wait: t.Optional(t.Integer({ maximum: 30, description: "Seconds." })),
      all: t.Optional(t.Boolean()),
    }),
  })
  .get("/crash", () => {
    throw new Error(`the password is ${secret}`);
  })
  .get("/odd", () => {
    throw new Error("no error at all", { cause: secret });
  })
  .post("/raw", async ({ request }) => String((await readBody(request, 8)).byteLength), { parse: "none" })
  .get("/absent", () => {
    throw new NotFoundError(secret);
  })
  .get("/limited", () => {
    throw new CartwayError("rate_limited", { retryAfterSeconds: 2.1, internal: secret });
  })
  .get("/busy", () => {
    throw new CartwayError("store_unavailable", { cause: new Error("redis is away") });
  })
  .get("/broken-answer", () => JSON.parse(`{"n":"${secret}"}`), { response: t.Object({ n: t.Number() }) })
  .get("/cookie", ({ cookie }) => String(cookie["session"]?.value), {
    cookie: t.Cookie({ session: t.Optional(t.String()) }, { secrets: "key", sign: ["session"] }),
  })
  .get("/context", () => ({ ...currentLogContext() }))
  .get("/stream", function* () {
    yield "one ";
    yield "two";
  });

const { server, url, log, metrics } = await startServer({
  routes: [routes],
  bodyBytesMax: 1000,
  behindGateway: true,
});
afterAll(() => server.stop());

const post = (path: string, body: Bun.BodyInit, type = "application/json") =>
  fetch(`${url}${path}`, { method: "POST", body, headers: { "content-type": type } });

describe("every error is answered in the envelope, without echoing the request", () => {
  test.each<[string, () => Promise<Response>, number, string]>([
    ["an unknown path", () => fetch(`${url}/nothing/${secret}`), 404, "not_found"],
    ["another method", () => fetch(`${url}/api/things/1`, { method: "DELETE" }), 405, "method_not_allowed"],
    ["nothing found by a handler", () => fetch(`${url}/api/absent`), 404, "not_found"],
    ["JSON cut short", () => post("/api/things/1", `{"name":"${secret}`), 400, "invalid_json"],
    ["no JSON at all", () => post("/api/things/1", secret), 400, "invalid_json"],
    ["an empty body", () => post("/api/things/1", ""), 422, "validation_failed"],
    ["invalid UTF-8", () => post("/api/things/1", new Uint8Array([34, 0xff, 34])), 400, "invalid_json"],
    [
      "a key that pollutes",
      () => post("/api/things/1", `{"name":"a","__proto__":{"x":1}}`),
      400,
      "invalid_json",
    ],
    ["a wrong type", () => post("/api/things/1", `{"name":{"x":"${secret}"}}`), 422, "validation_failed"],
    [
      "an unknown field",
      () => post("/api/things/1", `{"name":"a","more":"${secret}"}`),
      422,
      "validation_failed",
    ],
    ["a bad path parameter", () => post(`/api/things/${secret}`, `{"name":"a"}`), 422, "validation_failed"],
    ["a bad query", () => post(`/api/things/1?page=${secret}`, `{"name":"a"}`), 422, "validation_failed"],
    ["another type", () => post("/api/things/1", secret, "text/plain"), 415, "unsupported_media_type"],
    [
      "JSON sent as a form",
      () => post("/api/things/1", `{"name":"${secret}"}`, "application/x-www-form-urlencoded"),
      422,
      "validation_failed",
    ],
    [
      "a form field twice",
      () => post("/api/form", "grant_type=a&grant_type=b", "application/x-www-form-urlencoded"),
      400,
      "bad_request",
    ],
    [
      "a body too large",
      () => post("/api/things/1", `{"name":"${secret.repeat(100)}"}`),
      413,
      "payload_too_large",
    ],
    ["an error of the handler", () => fetch(`${url}/api/crash`), 500, "internal"],
    ["an error with a cause", () => fetch(`${url}/api/odd`), 500, "internal"],
    ["an answer that breaks its schema", () => fetch(`${url}/api/broken-answer`), 500, "internal"],
    ["an error of the table", () => fetch(`${url}/api/limited`), 429, "rate_limited"],
    [
      "a forged cookie",
      () => fetch(`${url}/api/cookie`, { headers: { cookie: `session=${secret}.forged` } }),
      400,
      "bad_request",
    ],
  ])("%s", async (_name, send, status, code) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const text = await answer.clone().text();
    expect(await codeOf(answer)).toBe(code);
    expect(text).not.toContain(secret);
  });

  test("a route that reads its own body is bounded by its own limit", async () => {
    const read = async (body: Bun.BodyInit) =>
      (await fetch(`${url}/api/raw`, { method: "POST", body })).text();
    expect(await read("12345")).toBe("5");
    expect(await read("123456789")).toContain("payload_too_large");
    const streamed = () => new Response("12345").body ?? "";
    expect(await read(streamed())).toBe("5");
    expect(await (await fetch(`${url}/api/raw`, { method: "POST" })).text()).toBe("0");
  });

  test("a streamed body is cut off as soon as it is too large", async () => {
    const chunk = new Uint8Array(400).fill(97);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 10_000) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const answer = await post("/api/things/1", endless);
    expect([answer.status, await codeOf(answer)]).toEqual([413, "payload_too_large"]);
  });

  test("a validation error lists a bounded number of paths", async () => {
    const tags = JSON.stringify({ name: "a", tags: Array.from({ length: 80 }, () => 1) });
    const answer = await post("/api/things/1", tags);
    const { error } = (await answer.json()) as {
      error: { message: string; details: { path: string; message: string }[] };
    };
    expect(error.message).toBe("The body does not match its schema.");
    expect(error.details[0]).toEqual({ path: "/tags/0", message: "Expected string" });
    expect(error.details.length).toBeLessThanOrEqual(20);
  });

  test("a missing field is reported once, and an invalid choice with the possible ones", async () => {
    const detailsOf = async (path: string) =>
      ((await (await post(path, "{}")).json()) as { error: { details: unknown } }).error.details;
    expect(await detailsOf("/api/things/1")).toEqual([
      { path: "/name", message: "Expected required property" },
    ]);
    const word = await (await post("/api/word", '{"word":"three"}')).json();
    expect(word).toMatchObject({
      error: { details: [{ path: "/word", message: "Expected one of one, two" }] },
    });
    expect(await detailsOf("/api/choice")).toEqual([{ path: "", message: "Expected { a } or { b }" }]);
  });

  test.each([
    ["/api/pages/12", "path", "/number", "Expected integer to be less or equal to 9"],
    ["/api/pages/many", "path", "/number", "Expected a whole number"],
    ["/api/pages/1?wait=99", "query", "/wait", "Expected integer to be less or equal to 30"],
    ["/api/pages/1?wait=long", "query", "/wait", "Expected a whole number"],
    ["/api/pages/1?all=99", "query", "/all", "Expected true or false"],
  ])("an invalid parameter is reported by name: %s", async (path, where, name, message) => {
    expect(await (await fetch(url + path)).json()).toMatchObject({
      error: { message: `The ${where} does not match its schema.`, details: [{ path: name, message }] },
    });
  });

  test("a path with other methods lists them", async () => {
    const allow = async (path: string, method: string) =>
      (await fetch(`${url}${path}`, { method })).headers.get("allow");
    expect(await allow("/api/things/1", "GET")).toBe("POST");
    expect(await allow("/healthz", "POST")).toBe("GET, HEAD");
    expect(await allow("/nothing", "POST")).toBeNull();
  });

  test("Retry-After is in whole seconds, rounded up", async () => {
    expect((await fetch(`${url}/api/limited`)).headers.get("retry-after")).toBe("3");
  });
});

describe("a request", () => {
  test("keeps its request id if well formed, gets a new one otherwise, and its response carries it", async () => {
    const ask = async (id: string) => {
      const answer = await fetch(`${url}/api/context`, { headers: { "x-request-id": id } });
      const { requestId } = (await answer.json()) as { requestId: string };
      expect(answer.headers.get("x-request-id")).toBe(requestId);
      return requestId;
    };
    expect(await ask("order-1234.a~b")).toBe("order-1234.a~b");
    for (const odd of ["short", "with space in", "<script>alert(1)", "x".repeat(200)]) {
      expect(await ask(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("behind the gateway takes its tenant from the gateway's header", async () => {
    const answer = await fetch(`${url}/api/context`, { headers: { "x-tenant-id": "acme" } });
    expect(await answer.json()).toMatchObject({ tenantId: "acme", route: "/api/context" });
  });

  test("without a gateway ignores that header", async () => {
    await using outside = await startServer({ routes: [routes] });
    const answer = await fetch(`${outside.url}/api/context`, { headers: { "x-tenant-id": "acme" } });
    expect(await answer.json()).not.toHaveProperty("tenantId");
  });

  test("may be a form, whose unusual names stay fields", async () => {
    const answer = await post("/api/form", "grant_type=x&__proto__=y", "application/x-www-form-urlencoded");
    expect(await answer.text()).toBe('{"grant_type":"x","__proto__":"y"}');
  });

  test("may be answered with a stream", async () => {
    expect(await (await fetch(`${url}/api/stream`)).text()).toBe("one two");
  });

  test("is counted by the route's template, never by its path", async () => {
    await post("/api/things/77", `{"name":"a"}`);
    await fetch(`${url}/some/path/77`);
    const text = await metrics.render();
    expect(text).toMatch(/^cartway_server_requests_total\{route="\/api\/things\/:id",status="200"\} \d+$/m);
    expect(text).toMatch(
      /^cartway_server_request_duration_seconds_count\{route="\/api\/things\/:id"\} \d+$/m,
    );
    expect(text).toMatch(/route="unmatched",status="404"/);
    expect(text).not.toContain('77"');
  });
});

test("internal errors are logged with their cause and request id, and with secrets redacted", async () => {
  const answer = await fetch(`${url}/api/crash`, { headers: { "x-request-id": "crash-0001" } });
  await answer.text();
  await fetch(`${url}/api/busy`);
  const crash = log.lines.find(({ level, requestId }) => level === "error" && requestId === "crash-0001");
  expect(crash).toMatchObject({ route: "/api/crash", code: "internal" });
  expect(JSON.stringify(crash)).toContain("elysia-shell.test.ts");
  expect(log.lines.find(({ code }) => code === "store_unavailable")).toMatchObject({ level: "warn" });
});
