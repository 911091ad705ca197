import { type AnyElysia, Elysia } from "elysia";
import { buildClientScript, type ClientScript, type ClientScriptKind } from "./build-client-script.ts";

/** A storefront that is deployed an hour ago still works with a gateway of now: the wire protocol is the contract. */
const cacheControl = "public, max-age=3600, stale-while-revalidate=86400";

/**
 * The storefront client at `/client/cartway.js` (a module) and `/client/cartway.global.js` (for a script tag), the same at
 * every gateway of this version. Any origin may load it: it holds no secret and does nothing by itself.
 */
export function createClientScriptRoutes(): AnyElysia {
  const module = serveBuilt("module");
  const global = serveBuilt("global");
  return new Elysia({ name: "gateway/client-scripts", detail: { hide: true } })
    .get("/client/cartway.js", ({ request }) => module(request))
    .get("/client/cartway.global.js", ({ request }) => global(request));
}

function serveBuilt(kind: ClientScriptKind): (request: Request) => Promise<Response> {
  let building: Promise<ClientScript> | null = null;
  return async (request) => {
    // Built for whoever asks first; a build that fails is tried again by the next.
    building ??= buildClientScript(kind).catch((thrown: unknown) => {
      building = null;
      throw thrown;
    });
    return answer(request, await building);
  };
}

function answer(request: Request, { text, gzip, etag }: ClientScript): Response {
  const isGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const tag = `"${etag}${isGzip ? "-gzip" : ""}"`;
  const headers: Record<string, string> = {
    etag: tag,
    "cache-control": cacheControl,
    vary: "accept-encoding",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
  };
  const known = (request.headers.get("if-none-match") ?? "").split(",").map((one) => one.trim());
  if (known.includes(tag) || known.includes(`W/${tag}`)) return new Response(null, { status: 304, headers });
  headers["content-type"] = "text/javascript; charset=utf-8";
  if (isGzip) headers["content-encoding"] = "gzip";
  return new Response(isGzip ? gzip : text, { headers });
}
