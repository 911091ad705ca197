import { cors } from "@elysiajs/cors";
import { CartwayError } from "@libs/errors";
import type { AnyElysia } from "elysia";

export interface CorsOptions {
  /** Exact origins, `https://shop.example`; `*` alone for any, and then never with credentials. */
  readonly origins: readonly string[];
  /** Whether browsers may send cookies and read the answer. */
  readonly credentials?: boolean;
  readonly methods?: readonly string[];
  readonly allowedHeaders?: readonly string[];
  readonly exposedHeaders?: readonly string[];
  /** How long a browser keeps a preflight's answer; 600 by default. */
  readonly maxAgeSeconds?: number;
}

/**
 * CORS for Elysia's routes. Its hooks run on every request that reaches Elysia and halve what a trivial route can do, so
 * they are mounted only where an app asks for CORS, and the front (the gateway's data plane has a policy of its own) never
 * pays for them.
 */
export function createCors(options: CorsOptions): AnyElysia {
  const { origins, credentials = false, maxAgeSeconds = 600 } = options;
  for (const origin of origins) checkOrigin(origin, origins.length, credentials);
  const allowed = new Set(origins);
  return cors({
    // A function: the plugin's own list also lets through names that every object inherits, such as `constructor`.
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
  // `null` is what sandboxed frames and files send: allowing it allows everyone.
  if (!origin.includes("*") && URL.parse(origin)?.origin === origin && origin !== "null") return;
  throw new CartwayError("internal", {
    internal: `CORS origin ${origin}: an exact origin such as https://shop.example, or * alone without credentials`,
  });
}
