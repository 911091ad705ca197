import { cors } from "@elysiajs/cors";
import { CartwayError } from "@libs/errors";
import type { AnyElysia } from "elysia";

export interface CorsOptions {
  /** Exact origins such as `https://shop.example`, or only `*` for any, which excludes credentials. */
  readonly origins: readonly string[];
  /** Whether browsers may send cookies. */
  readonly credentials?: boolean;
  readonly methods?: readonly string[];
  readonly allowedHeaders?: readonly string[];
  readonly exposedHeaders?: readonly string[];
  /** How long browsers may cache a preflight; 600 by default. */
  readonly maxAgeSeconds?: number;
}

/**
 * CORS for Elysia's routes. Its hooks run for every request that reaches Elysia and halve the throughput of a trivial route, so they are
 * mounted only where configured. The front is not affected: the gateway's data plane has a CORS policy of its own.
 */
export function createCors(options: CorsOptions): AnyElysia {
  const { origins, credentials = false, maxAgeSeconds = 600 } = options;
  for (const origin of origins) checkOrigin(origin, origins.length, credentials);
  const allowed = new Set(origins);
  return cors({
    // a function, because the plugin's own list also matches inherited names such as `constructor`
    origin: allowed.has("*") ? "*" : (request) => allowed.has(request.headers.get("origin") ?? ""),
    credentials,
    methods: [...(options.methods ?? ["GET", "POST", "PUT", "PATCH", "DELETE"])],
    allowedHeaders: [...(options.allowedHeaders ?? ["authorization", "content-type", "x-request-id"])],
    exposeHeaders: [...(options.exposedHeaders ?? ["x-request-id", "retry-after"])],
    maxAge: maxAgeSeconds,
  });
}

function checkOrigin(origin: string, count: number, credentials: boolean): void {
  if (origin === "*" && count === 1 && !credentials) return;
  // sandboxed frames and files send `null`: allowing it would allow everyone
  if (!origin.includes("*") && URL.parse(origin)?.origin === origin && origin !== "null") return;
  throw new CartwayError("internal", {
    internal: `CORS origin ${origin}: an exact origin such as https://shop.example, or * alone without credentials`,
  });
}
