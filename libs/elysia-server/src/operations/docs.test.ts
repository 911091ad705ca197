import { afterAll, describe, expect, test } from "bun:test";
import { chromiumPath, createTemporaryDirectory, pick, headlessChromium } from "@libs/testing";
import { Elysia, t } from "elysia";
import { nameSchemas } from "./name-schemas.ts";
import { startServer } from "../../test/start-server.ts";

const money = t.Object({ minor: t.Number() }, { title: "Money" });
const prices = t.Object(
  { title: t.String(), least: money, most: t.Union([money, t.Null()]) },
  { description: "All of them", "x-also-as": { "text/csv": { schema: { type: "string" } } } },
);

const { server, url } = await startServer({
  docs: true,
  routes: [
    new Elysia().get("/prices", () => ({ title: "", least: { minor: 1 }, most: null }), { response: prices }),
    new Elysia().post("/carts/:id", () => "ok", {
      params: t.Object({ id: t.String() }),
      body: t.Object({ quantity: t.Integer(), note: t.Union([t.String(), t.Null()]) }),
      detail: { summary: "Change a cart" },
    }),
  ],
});
afterAll(() => server.stop());

describe("/swagger", () => {
  test("describes every route of the app and the shell, except its own", async () => {
    const spec = (await (await fetch(`${url}/swagger/json`)).json()) as {
      info: object;
      paths: Record<string, object>;
    };
    expect(spec.info).toMatchObject({ title: "Cartway test", version: "1.2.3" });
    expect(spec.paths["/carts/{id}"]).toMatchObject({ post: { summary: "Change a cart" } });
    expect(Object.keys(spec.paths).toSorted()).toEqual([
      "/carts/{id}",
      "/healthz",
      "/metrics",
      "/prices",
      "/readyz",
      "/version",
    ]);
  });

  test("describes bodies as JSON only, because generated clients pick any listed type", async () => {
    const spec = await (await fetch(`${url}/swagger/json`)).json();
    const { requestBody } = pick(spec, "paths", "/carts/{id}", "post") as {
      requestBody: { content: object };
    };
    expect(Object.keys(requestBody.content)).toEqual(["application/json"]);
  });

  test("is OpenAPI of the version whose schemas are JSON Schema", async () => {
    const spec = await (await fetch(`${url}/swagger/json`)).json();
    expect(pick(spec, "openapi")).toBe("3.1.0");
    const body = pick(spec, "components", "schemas", "PostCartsByIdBody");
    const { anyOf } = Object(pick(body, "properties", "note"));
    expect(anyOf).toEqual([{ type: "string" }, { type: "null" }]);
  });

  test("has a titled schema once, under that name, and refers to it", async () => {
    const spec = await (await fetch(`${url}/swagger/json`)).json();
    expect(pick(spec, "components", "schemas", "Money")).toEqual({
      type: "object",
      properties: { minor: { type: "number" } },
      required: ["minor"],
    });
    expect(pick(spec, "components", "schemas", "GetPricesAnswer", "properties")).toEqual({
      title: { type: "string" },
      least: { $ref: "#/components/schemas/Money" },
      most: { anyOf: [{ $ref: "#/components/schemas/Money" }, { type: "null" }] },
    });
    const answer = pick(spec, "paths", "/prices", "get", "responses", "200");
    expect(answer).toEqual({
      description: "All of them",
      content: {
        "application/json": { schema: { $ref: "#/components/schemas/GetPricesAnswer" } },
        "text/csv": { schema: { type: "string" } },
      },
    });
  });

  test("refuses one name for two schemas", () => {
    const operation = (schema: object) => ({
      get: { operationId: "x", responses: { 200: { content: { "application/json": { schema } } } } },
    });
    const paths = {
      "/a": operation({ title: "Twice", type: "string" }),
      "/b": operation({ title: "Twice", type: "number" }),
    };
    expect(() => nameSchemas({ paths })).toThrow("two schemas of the OpenAPI document are named Twice");
  });

  test("treats neither examples as schemas nor sentences as names", () => {
    const schema = { title: "A cart as it is", type: "object", default: { title: "Cart" } };
    const content = { "application/json": { schema } };
    const named = nameSchemas({
      paths: { "/a": { get: { operationId: "read-cart", responses: { 200: { content } } } } },
    });
    expect(pick(named, "components", "schemas")).toEqual({ ReadCartAnswer: schema });
  });

  test("loads nothing from elsewhere, and everything it loads exists", async () => {
    const page = await fetch(`${url}/swagger`);
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links.length).toBeGreaterThanOrEqual(4);
    for (const link of links) {
      expect(link).toStartWith("/swagger/assets/");
      const asset = await fetch(`${url}${link}`);
      expect([link, asset.status]).toEqual([link, 200]);
      expect((await asset.bytes()).byteLength).toBeGreaterThan(50);
    }
  });

  test("serves no other file, whatever its name", async () => {
    for (const file of ["package.json", "constructor", "..%2fpackage.json", "%2e%2e%2fpackage.json"]) {
      expect([file, (await fetch(`${url}/swagger/assets/${file}`)).status]).toEqual([file, 404]);
    }
  });

  test("can be switched off", async () => {
    await using quiet = await startServer({ docs: false });
    expect((await fetch(`${quiet.url}/swagger`)).status).toBe(404);
  });
});

describe.skipIf(chromiumPath === null)("in a real browser (install chromium to run this)", () => {
  test("renders with no other host reachable", async () => {
    await using directory = await createTemporaryDirectory();
    const child = Bun.spawn(
      [...headlessChromium(directory.path), "--virtual-time-budget=10000", "--dump-dom", `${url}/swagger`],
      { stdout: "pipe", stderr: "ignore" },
    );
    const dom = await child.stdout.text();
    expect(dom).toContain("Change a cart");
    expect(dom).toContain("opblock-summary-path");
    expect(dom).not.toContain("Failed to load");
  }, 60_000);
});
