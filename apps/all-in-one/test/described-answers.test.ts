import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs, pick } from "@libs/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const apps = ["ingestion", "prediction", "ai-engine"] as const;

let running: TestPlatform;
const documents = new Map<string, unknown>();
const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);

beforeAll(async () => {
  running = await startTestPlatform();
  for (const name of apps) {
    const document: unknown = await (await fetch(`${urlOf(name)}/swagger/json`)).json();
    documents.set(name, document);
    ajv.addSchema(Object(document), name);
  }
}, openingLimitMs);
afterAll(() => running.stop());

const urlOf = (name: string): string =>
  running.platform.services.find((one) => one.name === name)?.address?.url ?? "";
const entries = (value: unknown): [string, unknown][] => Object.entries(Object(value));

/** Every operation of an app's document, with its path and method. */
function operationsOf(name: string): readonly (readonly [where: string, operation: unknown])[] {
  return entries(pick(documents.get(name), "paths")).flatMap(([path, item]) =>
    /^\/(health|metrics|version|ready|live)/.test(path)
      ? []
      : entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
}

/** What of a value is not as the schema at a place of a document says. */
function faultsOf(name: string, schema: unknown, value: unknown): unknown {
  const reference = pick(schema, "$ref");
  const check = ajv.compile(typeof reference === "string" ? { $ref: `${name}${reference}` } : Object(schema));
  return check(value) ? [] : check.errors;
}

describe.each(apps)("the OpenAPI document of %s", (name) => {
  test("describes each operation's successful response, with a valid example", () => {
    expect(operationsOf(name).length).toBeGreaterThan(0);
    for (const [where, operation] of operationsOf(name)) {
      const media = pick(operation, "responses", "200", "content", "application/json");
      expect([where, faultsOf(name, pick(media, "schema"), pick(media, "example"))]).toEqual([where, []]);
      expect([where, typeof pick(media, "schema", "$ref")]).toEqual([where, "string"]);
    }
  });

  test("describes each error by the one envelope, with an example", () => {
    const refusals = operationsOf(name).flatMap(([where, operation]) =>
      entries(pick(operation, "responses"))
        .filter(([status]) => status !== "200")
        .map((one) => [where, ...one] as const),
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const [where, status, response] of refusals) {
      const media = pick(response, "content", "application/json");
      const reference = pick(media, "schema", "$ref");
      expect([where, status, reference]).toEqual([where, status, "#/components/schemas/Problem"]);
      expect(faultsOf(name, pick(media, "schema"), pick(media, "example"))).toEqual([]);
    }
  });

  test("is OpenAPI 3.1 with JSON Schema 2020-12", () => {
    expect(pick(documents.get(name), "openapi")).toBe("3.1.0");
    for (const [title, schema] of entries(pick(documents.get(name), "components", "schemas")))
      expect([title, ajv.validateSchema(Object(schema)), ajv.errors ?? null]).toEqual([title, true, null]);
  });
});

const event = {
  id: "described-1",
  type: "add_to_cart",
  sessionId: "s-described",
  cartId: "c-described",
  items: [{ sku: "A-1", quantity: 1, priceMinor: 1999 }],
  currency: "EUR",
};
const cart = {
  cartId: "c-described",
  currency: "EUR",
  valueMinor: 1999,
  items: [{ sku: "A-1", name: "Coat", quantity: 1, priceMinor: 1999 }],
};
const features = {
  administrative: 0,
  administrativeDuration: 0,
  informational: 0,
  informationalDuration: 0,
};

test.each([
  ["ingestion", "POST", "/events", [event, { type: "nonsense" }], 200],
  ["ingestion", "POST", "/events", { type: "nonsense" }, 422],
  ["ingestion", "GET", "/carts/c-described", null, 200],
  ["ingestion", "GET", "/carts/none", null, 404],
  ["ingestion", "GET", "/carts", null, 200],
  ["ingestion", "GET", "/carts?limit=x", null, 422],
  ["ingestion", "GET", "/analytics/funnel", null, 200],
  ["ingestion", "GET", "/analytics/abandonment", null, 200],
  ["prediction", "POST", "/predict", { sessionId: "s-described" }, 200],
  ["prediction", "POST", "/predict", { sessionId: "nobody" }, 404],
  ["prediction", "POST", "/predict", { features }, 422],
  ["prediction", "GET", "/models", null, 200],
  ["prediction", "GET", "/models/current", null, 200],
  ["prediction", "POST", "/train", null, 200],
  ["ai-engine", "POST", "/recovery-message", { cart }, 200],
  ["ai-engine", "POST", "/recovery-message", {}, 422],
  [
    "ai-engine",
    "POST",
    "/v1/chat/completions",
    { model: "auto", messages: [{ role: "user", content: "a" }] },
    502,
  ],
  ["ai-engine", "GET", "/v1/models", null, 200],
] as const)(
  "%s answers %s %s as described",
  async (name, method, path, body, status) => {
    const init =
      body === null
        ? { method }
        : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(urlOf(name) + path, init);
    const given: unknown = await answer.json();
    expect([answer.status, given]).toEqual([status, given]);
    const described = path.replace(/\?.*/, "").replace(/^\/carts\/.+/, "/carts/{id}");
    const operation = pick(documents.get(name), "paths", described, method.toLowerCase());
    const schema = pick(operation, "responses", String(status), "content", "application/json", "schema");
    expect(schema).toBeDefined();
    expect(faultsOf(name, schema, given)).toEqual([]);
  },
  openingLimitMs,
);
