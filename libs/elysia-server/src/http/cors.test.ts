import { afterAll, describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { Elysia } from "elysia";
import { startServer } from "../../test/start-server.ts";
import { createCors } from "./cors.ts";

const shop = "https://shop.example";
const routes = [
  new Elysia()
    .get("/data", () => "data")
    .get("/limited", () => {
      throw new CartwayError("rate_limited");
    }),
];
const { server, url } = await startServer({ routes, cors: { origins: [shop], credentials: true } });
afterAll(() => server.stop());

const ask = (path: string, headers: Record<string, string>, method = "GET") =>
  fetch(`${url}${path}`, { method, headers });
const allowedOrigin = (answer: Response) => answer.headers.get("access-control-allow-origin");

describe("CORS", () => {
  test("lets a listed origin read responses and errors, with credentials, and sets Vary", async () => {
    for (const path of ["/data", "/limited", "/nothing"]) {
      const answer = await ask(path, { origin: shop });
      expect([path, allowedOrigin(answer)]).toEqual([path, shop]);
      expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
      expect(answer.headers.get("access-control-expose-headers")).toContain("x-request-id");
      expect(answer.headers.get("vary")).toContain("Origin");
    }
  });

  test.each([
    "https://evil.example",
    "http://shop.example",
    "https://shop.example.evil.example",
    "null",
    "constructor",
  ])("does not let %s read anything", async (origin) => {
    expect(allowedOrigin(await ask("/data", { origin }))).toBeNull();
    const preflight = { origin, "access-control-request-method": "GET" };
    expect(allowedOrigin(await ask("/data", preflight, "OPTIONS"))).toBeNull();
  });

  test("answers a preflight without calling the route", async () => {
    const preflight = { origin: shop, "access-control-request-method": "PUT" };
    const answer = await ask("/data", preflight, "OPTIONS");
    expect(answer.status).toBe(204);
    expect(allowedOrigin(answer)).toBe(shop);
    expect(answer.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(answer.headers.get("access-control-max-age")).toBe("600");
  });

  test("is off by default, and does not apply to the front", async () => {
    await using plain = await startServer({ routes });
    expect(allowedOrigin(await fetch(`${plain.url}/data`, { headers: { origin: shop } }))).toBeNull();
    await using fronted = await startServer({
      cors: { origins: [shop] },
      front: () => new Response("front"),
    });
    expect(allowedOrigin(await fetch(`${fronted.url}/x`, { headers: { origin: shop } }))).toBeNull();
  });

  test("may allow any origin, but never with credentials", async () => {
    await using open = await startServer({ routes, cors: { origins: ["*"] } });
    const answer = await fetch(`${open.url}/data`, { headers: { origin: "https://any.example" } });
    expect(allowedOrigin(answer)).toBe("*");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test.each([
    [["*"], true],
    [["*", shop], false],
    [["https://shop.example/"], false],
    [["shop.example"], false],
    [["null"], false],
    [["https://*.example"], false],
  ])("with the origins %p and credentials %p is refused at start", (origins, credentials) => {
    expect(() => createCors({ origins, credentials })).toThrow();
  });
});
