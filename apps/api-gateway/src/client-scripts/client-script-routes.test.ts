import { expect, test } from "bun:test";
import { runInNewContext } from "node:vm";
import { createClientScriptRoutes } from "./client-script-routes.ts";

const routes = createClientScriptRoutes();

function get(name: string, headers: Record<string, string> = {}): Promise<Response> {
  return routes.handle(new Request(`http://gateway/client/${name}`, { headers }));
}

test("the module exports createCartway from a single file, and the script for a tag defines Cartway", async () => {
  const module = await (await get("cartway.js")).text();
  expect(module).toContain("createCartway");
  expect(module).not.toMatch(/^import /m);
  const globals: { Cartway?: { create: unknown } } = {};
  const script = await (await get("cartway.global.js")).text();
  runInNewContext(script, globals);
  expect(globals.Cartway?.create).toBeFunction();
});

test("pages of any origin may load and cache it, and revalidate it by ETag", async () => {
  const first = await get("cartway.js");
  expect(first.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(first.headers.get("access-control-allow-origin")).toBe("*");
  expect(first.headers.get("cache-control")).toContain("max-age=");
  const etag = first.headers.get("etag") ?? "";
  const again = await get("cartway.js", { "if-none-match": `"other", W/${etag}` });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await get("cartway.js", { "if-none-match": '"other"' })).status).toBe(200);
});

test("with gzip it is smaller than 6 KiB and has an ETag of its own", async () => {
  const plain = await get("cartway.global.js");
  const packed = await get("cartway.global.js", { "accept-encoding": "br, gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("vary")).toBe("accept-encoding");
  expect(packed.headers.get("etag")).not.toBe(plain.headers.get("etag"));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  expect(bytes.byteLength).toBeLessThan(6144);
  expect(new TextDecoder().decode(Bun.gunzipSync(bytes))).toBe(await plain.text());
});
