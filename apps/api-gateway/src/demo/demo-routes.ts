import { join } from "node:path";
import { type AnyElysia, Elysia } from "elysia";

export interface DemoOptions {
  /** After how long a cart counts as left; `null` where nobody looks. */
  readonly idleMs: number | null;
}

const site = join(import.meta.dir, "site");

const types = {
  "index.html": "text/html; charset=utf-8",
  "shop.css": "text/css; charset=utf-8",
  "products.js": "text/javascript; charset=utf-8",
  "shop.js": "text/javascript; charset=utf-8",
  "socket.js": "text/javascript; charset=utf-8",
} as const;

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
  const file = (name: keyof typeof types): Response =>
    new Response(Bun.file(join(site, name)), { headers: { ...headers, "content-type": types[name] } });
  return new Elysia({ name: "gateway/demo", detail: { hide: true } })
    .get("/demo", () => file("index.html"))
    .get("/demo/shop.css", () => file("shop.css"))
    .get("/demo/products.js", () => file("products.js"))
    .get("/demo/shop.js", () => file("shop.js"))
    .get("/demo/socket.js", () => file("socket.js"))
    .get("/demo/config.json", () => Response.json({ idleMs, path: "/ws" }, { headers }));
}
