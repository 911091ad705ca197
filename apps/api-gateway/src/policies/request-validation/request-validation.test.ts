import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { checkConfig } from "../../config/check-config.ts";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

interface Asked {
  readonly status: number;
  readonly code: string | undefined;
  /** Paths of the problems. */
  readonly paths: readonly string[];
  readonly text: string;
  readonly headers: Headers;
  /** The body that the service received; `null` if nothing reached it. */
  readonly reached: string | null;
}

async function startValidation(policy: object, route: object = {}) {
  const upstream = startUpstream();
  const policies = [{ type: "request-validation", ...policy }];
  const gateway = await startGatewayTo(upstream.url, { policies, ...route });
  return {
    async ask(path: string, init: RequestInit = {}): Promise<Asked> {
      const before = upstream.seen.all.length;
      const answer = await fetch(gateway.url + path, init);
      const text = await answer.text();
      const error = text.startsWith("{") ? JSON.parse(text).error : undefined;
      const details: { path: string }[] = Array.isArray(error?.details) ? error.details : [];
      const reached = upstream.seen.all[before]?.body ?? null;
      const paths = details.map(({ path }) => path).toSorted();
      return { status: answer.status, code: error?.code, paths, text, headers: answer.headers, reached };
    },
    json: (value: unknown, type = "application/json") => ({
      method: "POST",
      body: typeof value === "string" ? value : JSON.stringify(value),
      headers: { "content-type": type },
    }),
    async [Symbol.asyncDispose]() {
      await gateway.gateway.stop();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

describe("by JSON Schema", () => {
  const body = {
    type: "object",
    required: ["sku", "price"],
    additionalProperties: false,
    properties: {
      sku: { type: "string", minLength: 2 },
      price: { type: "number", minimum: 0 },
      kind: { enum: ["a", "b"] },
      at: { type: "string", format: "date-time" },
      "a/b": { type: "object", required: ["~c"], properties: { "~c": {} } },
    },
  };

  test("a valid body reaches the service byte for byte", async () => {
    await using gateway = await startValidation({ body });
    const text = '{ "sku" : "ab",\n"price":1.50 }';
    const asked = await gateway.ask("/", gateway.json(text));
    expect([asked.status, asked.reached]).toEqual([200, text]);
    const other = await gateway.ask("/", gateway.json(text, "application/cart+json; charset=utf-8"));
    expect(other.status).toBe(200);
  });

  test("an invalid one is refused with all problems by JSON Pointer, and without its values", async () => {
    await using gateway = await startValidation({ body });
    const value = { sku: "x", kind: "secret-value", at: "tomorrow", "a/b": {}, extra: 1 };
    const asked = await gateway.ask("/", gateway.json(value));
    expect([asked.status, asked.code, asked.reached]).toEqual([422, "validation_failed", null]);
    expect(asked.paths).toEqual([
      "/body/at",
      "/body/a~1b/~0c",
      "/body/extra",
      "/body/kind",
      "/body/price",
      "/body/sku",
    ]);
    expect(asked.text).toContain(
      'must be equal to one of the allowed values","expected":"[\\"a\\",\\"b\\"]"',
    );
    expect(asked.text).not.toContain("secret-value");
  });

  const refusals: [name: string, init: RequestInit, status: number][] = [
    ["what is no JSON", { method: "POST", body: "{", headers: { "content-type": "application/json" } }, 400],
    [
      "what is no UTF-8",
      {
        method: "POST",
        body: new Uint8Array([0x22, 0xff, 0x22]),
        headers: { "content-type": "application/json" },
      },
      400,
    ],
    [
      "a name twice, of which the service may take the one that was not checked",
      {
        method: "POST",
        body: '{"sku":"ab","price":-1,"price":1}',
        headers: { "content-type": "application/json" },
      },
      400,
    ],
    ["another content type", { method: "POST", body: "a=1", headers: { "content-type": "text/plain" } }, 415],
    ["none", { method: "POST", body: new Uint8Array([123, 125]) }, 415],
    [
      "an encoded body",
      {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      },
      415,
    ],
    [
      "one above bodyBytesMax",
      { method: "POST", body: `"${"x".repeat(200)}"`, headers: { "content-type": "application/json" } },
      413,
    ],
    ["no body", { method: "POST" }, 422],
  ];
  test.each(refusals)("%s is refused, and does not reach the service", async (_name, init, status) => {
    await using gateway = await startValidation({ body, bodyBytesMax: 100 });
    const asked = await gateway.ask("/", init);
    expect([asked.status, asked.reached]).toEqual([status, null]);
  });

  test("one that a service would read in another charset is refused: it says something else there", async () => {
    await using gateway = await startValidation({ body });
    const hidden = '{"sku":"+ACIALAAi-price+ACI:0,+ACI-x","price":1}';
    const asked = await gateway.ask("/", gateway.json(hidden, "application/json; charset=utf-7"));
    expect([asked.status, asked.code, asked.reached]).toEqual([415, "unsupported_media_type", null]);
    expect((await gateway.ask("/", gateway.json(hidden, "application/json; charset=utf-8"))).status).toBe(
      200,
    );
  });

  test("a chunked body above the limit is refused, too", async () => {
    await using gateway = await startValidation({ body, bodyBytesMax: 100 });
    const stream = new Blob(["x".repeat(1000)]).stream();
    const headers = { "content-type": "application/json" };
    expect((await gateway.ask("/", { method: "POST", body: stream, headers })).status).toBe(413);
  });

  test("a body is optional if configured", async () => {
    await using gateway = await startValidation({ body, bodyRequired: false });
    expect((await gateway.ask("/")).status).toBe(200);
  });

  test("a large body with errors everywhere is refused for the first ones", async () => {
    await using gateway = await startValidation({ body: { type: "array", items: { type: "string" } } });
    const large = await gateway.ask("/", gateway.json(Array.from({ length: 100_000 }, () => 1)));
    expect([large.status, large.paths]).toEqual([422, ["/body/0"]]);
    const small = await gateway.ask("/", gateway.json(Array.from({ length: 200 }, () => 1)));
    expect(small.paths).toHaveLength(50);
  });

  test("query, headers and path parameters are converted by their schemas", async () => {
    const query = {
      type: "object",
      additionalProperties: false,
      required: ["page"],
      properties: {
        page: { type: "integer", minimum: 1 },
        all: { type: "boolean" },
        tag: { type: "array", items: { type: "string" } },
      },
    };
    const headers = {
      type: "object",
      required: ["x-shop"],
      properties: { "x-shop": { minLength: 2, type: "string" } },
    };
    const params = { type: "object", properties: { id: { type: "string", format: "uuid" } } };
    const match = { path: "/carts/{id}" };
    await using gateway = await startValidation({ query, headers, params }, { match });
    const id = "0199aa00-0000-7000-8000-000000000000";
    const fine = await gateway.ask(`/carts/${id}?page=2&all=true&tag=a`, { headers: { "x-shop": "de" } });
    expect(fine.status).toBe(200);
    const bad = await gateway.ask("/carts/7?page=x&all=maybe&more=1&__proto__=1", {
      headers: { "x-shop": "d" },
    });
    expect(bad.paths).toEqual([
      "/headers/x-shop",
      "/params/id",
      "/query/__proto__",
      "/query/all",
      "/query/more",
      "/query/page",
    ]);
  });

  describe("numbers in a URL are read as JSON writes them: services read other spellings differently or not at all", () => {
    const number = { type: "number" };
    const either = {
      anyOf: [
        { type: "integer", minimum: 100 },
        { type: "string", pattern: "^[0-9]+$" },
      ],
    };
    const list = { type: "array", items: { type: "integer" } };
    const start = () =>
      startValidation({
        query: { type: "object", properties: { number, whole: { type: "integer" }, either, list } },
      });

    test.each(["0", "-1", "1.5", "1e3", "1E-2", "-0.0"])("%p is one", async (text) => {
      await using gateway = await start();
      expect((await gateway.ask(`/?number=${text}&list=7`)).status).toBe(200);
    });

    const others = [
      "0x10",
      "0b1",
      "%205",
      "5%20",
      "%2B5",
      "05",
      ".5",
      "5.",
      "Infinity",
      "1e999",
      "",
      "%0A",
      "1_0",
    ];
    test.each(others)("%p is none", async (text) => {
      await using gateway = await start();
      for (const name of ["number", "whole", "list"]) {
        const asked = await gateway.ask(`/?${name}=${text}`);
        expect([asked.status, ...new Set(asked.paths)]).toEqual([
          422,
          expect.stringContaining(`/query/${name}`),
        ]);
      }
      const second = await gateway.ask(`/?list=1&list=${text}`);
      expect([second.status, second.reached]).toEqual([422, null]);
    });

    test("nor where another alternative of the schema takes it as a text", async () => {
      await using gateway = await start();
      expect((await gateway.ask("/?either=0x10")).paths).toEqual(expect.arrayContaining(["/query/either"]));
      expect((await gateway.ask("/?either=10")).status).toBe(200);
    });
  });
});

describe("by OpenAPI", () => {
  const openapi = { file: fixture("carts.openapi.yaml") };
  const route = { path: { stripPrefix: "/api" }, match: { path: "/api/*" } };
  const start = (more: object = {}) => startValidation({ openapi: { ...openapi, ...more } }, route);

  test("each operation validates its own parameters, matched by the service's path", async () => {
    await using gateway = await start();
    const shop = { headers: { "x-shop": "de" } };
    expect((await gateway.ask("/api/v1/carts?page=1&tag=a&tag=b&ids=1,2", shop)).status).toBe(200);
    const bad = await gateway.ask("/api/v1/carts?page=0&tag=long&ids=1,2,3");
    expect(bad.paths).toEqual(["/headers/x-shop", "/query/ids", "/query/page", "/query/tag/0"]);
    expect((await gateway.ask("/api/v1/carts/mine")).status).toBe(200);
    expect((await gateway.ask("/api/v1/carts/7")).status).toBe(200);
    expect((await gateway.ask("/api/v1/carts/zero")).paths).toEqual(["/params/id"]);
  });

  test("and its own body and content types", async () => {
    await using gateway = await start();
    const cart = { id: "0199aa00-0000-7000-8000-000000000000", items: [{ sku: "a", quantity: 0 }] };
    const bad = await gateway.ask("/api/v1/carts", gateway.json(cart));
    expect([bad.status, bad.paths]).toEqual([422, ["/body/items/0/quantity"]]);
    expect((await gateway.ask("/api/v1/carts", gateway.json({ ...cart, items: [] }))).status).toBe(200);
    expect((await gateway.ask("/api/v1/carts", { method: "POST" })).paths).toEqual(["/body"]);
    const put = (value: unknown, type: string) => ({ ...gateway.json(value, type), method: "PUT" });
    expect((await gateway.ask("/api/v1/carts/1", put({}, "application/merge-patch+json"))).status).toBe(422);
    expect((await gateway.ask("/api/v1/carts/1", put("anything", "text/csv"))).reached).toBe("anything");
    expect((await gateway.ask("/api/v1/carts/1", put({}, "application/json"))).status).toBe(415);
    expect((await gateway.ask("/api/v1/carts/1", { method: "PUT" })).status).toBe(200);
  });

  test("undescribed operations are 404 or 405, or pass if configured", async () => {
    await using gateway = await start();
    expect((await gateway.ask("/api/v1/orders")).code).toBe("not_found");
    const wrong = await gateway.ask("/api/v1/carts/1", { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, PUT"]);
    expect((await gateway.ask("/api/v1/carts/1", { method: "HEAD" })).status).toBe(200);
    await using open = await start({ unknown: "pass" });
    expect((await open.ask("/api/v1/orders")).status).toBe(200);
    await using other = await start({ basePath: "/v2" });
    expect((await other.ask("/api/v2/carts/1")).status).toBe(200);
  });

  test("an OpenAPI 3.0 description works like its 3.1 equivalent", async () => {
    await using gateway = await startValidation({ openapi: { file: fixture("notes.openapi-3.0.json") } });
    const fine = { text: null, kind: null, weight: 5 };
    expect((await gateway.ask("/notes", gateway.json(fine))).status).toBe(200);
    const bad = { text: 1, kind: "c", weight: 0 };
    expect((await gateway.ask("/notes", gateway.json(bad))).paths).toEqual([
      "/body/kind",
      "/body/text",
      "/body/weight",
    ]);
  });
});

describe("unsupported descriptions are refused at load", () => {
  const cases: [name: string, policy: object, problem: string][] = [
    ["nothing to check by", {}, "needs either schemas or openapi"],
    ["both kinds", { body: {}, openapi: { file: "x" } }, "needs either schemas or openapi"],
    ["a keyword that is none", { body: { typ: "object" } }, 'unknown keyword: "typ"'],
    ["a format that is none", { query: { type: "string", format: "cart" } }, 'unknown format "cart"'],
    ["a file that is not there", { body: { file: "/none.json" } }, "the file /none.json cannot be read"],
    [
      "a file that holds something else",
      { openapi: { file: fixture("not-an-object.yaml") } },
      "does not contain an object",
    ],
    [
      "a file that is broken",
      { openapi: { file: fixture("invalid-yaml.yaml") } },
      "neither YAML nor JSON: see line 2, column 1",
    ],
    ["another version", { openapi: { file: fixture("swagger-2.0.yaml") } }, "OpenAPI 2.0 is not supported"],
    [
      "a style that is not read",
      { openapi: { file: fixture("deep-object-style.yaml") } },
      'has the style "deepObject"',
    ],
    [
      "a reference to elsewhere",
      { openapi: { file: fixture("reference-to-other-file.yaml") } },
      "only references within the file",
    ],
    [
      "a parameter without a schema",
      { openapi: { file: fixture("parameter-with-content.yaml") } },
      "the query parameter q has no schema",
    ],
  ];
  test.each(cases)("%s", (_name, policy, problem) => {
    const policies = [{ type: "request-validation", ...policy }, { type: "respond" }];
    const result = checkConfig({ version: 1, routes: [{ id: "r", match: { path: "/" }, policies }] });
    expect(result.ok ? [] : result.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining(problem),
    ]);
  });
});
