import { Elysia } from "elysia";
import type { SignInConfig } from "./sign-in/schema.ts";

/**
 * CORS for signing in from pages of other origins: those of the config, and those that callers may be redirected to. Without credentials,
 * so that cookies never authenticate such a request.
 */
export function createCrossOrigin(config: () => SignInConfig | null) {
  const allowed = rememberLast(originsOf);
  return new Elysia({ name: "auth-cross-origin" }).onRequest(({ request, set }) => {
    if (!isForAuth(request.url)) return;
    const origin = request.headers.get("origin");
    set.headers["vary"] = "Origin";
    if (origin === null || !allowed(config()).has(origin)) return;
    set.headers["access-control-allow-origin"] = origin;
    set.headers["access-control-expose-headers"] = "retry-after, www-authenticate, x-request-id";
    if (request.method !== "OPTIONS") return;
    set.headers["access-control-allow-methods"] = "GET, POST";
    set.headers["access-control-allow-headers"] = "authorization, content-type, x-request-id";
    set.headers["access-control-max-age"] = "600";
    set.status = 204;
    return "";
  });
}

function isForAuth(url: string): boolean {
  return URL.parse(url)?.pathname.startsWith("/auth/") ?? false;
}

/** Exact origins; the custom schemes of apps have none. */
function originsOf(config: SignInConfig | null): ReadonlySet<string> {
  if (config === null) return new Set();
  const places = Object.values(config.providers).flatMap(({ redirectUris }) => redirectUris);
  const origins = places.map((place) => URL.parse(place)?.origin ?? "null");
  return new Set([...config.origins, ...origins].filter((origin) => /^https?:/.test(origin)));
}

/** Caches the last result: the config is read on each request, and only changes by a reload. */
function rememberLast<K, V>(make: (key: K) => V): (key: K) => V {
  let last: { readonly key: K; readonly value: V } | null = null;
  return (key) => {
    if (last === null || last.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}
