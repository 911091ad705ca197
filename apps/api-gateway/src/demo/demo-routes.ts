import { extname, join } from "node:path";
import { type AnyElysia, Elysia } from "elysia";

export interface DemoOptions {
  /** After how long a cart counts as left; `null` where nobody looks. */
  readonly idleMs: number | null;
}

const site = join(import.meta.dir, "site");

/** The page's own files, served under `/demo/`. */
const files = [
  "base.css",
  "shop.css",
  "insight.css",
  "shop.js",
  "shelf.js",
  "products.js",
  "cart-view.js",
  "insight.js",
  "message.js",
  "peek.js",
  "event-log.js",
  "visit.js",
  "dom.js",
] as const;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** Nothing but the page's own files: no inline script, no other origin. */
const headers = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The demo shop: a page that shows what the platform does, from the first event to the message. */
export function createDemoRoutes({ idleMs }: DemoOptions): AnyElysia {
  const serve = (name: string) => (): Response =>
    new Response(Bun.file(join(site, name)), {
      headers: { ...headers, "content-type": types[extname(name)] ?? "application/octet-stream" },
    });
  const routes = new Elysia({ name: "gateway/demo", detail: { hide: true } })
    .get("/", () => new Response(null, { status: 302, headers: { ...headers, location: "/demo" } }))
    .get("/demo", serve("index.html"))
    .get("/demo/config.json", () => Response.json({ idleMs, path: "/ws" }, { headers }));
  for (const name of files) routes.get(`/demo/${name}`, serve(name));
  return routes;
}
