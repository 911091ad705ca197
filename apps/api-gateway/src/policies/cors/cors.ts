import { type Static, Type } from "@sinclair/typebox";
import { checkPageOrigin } from "../../identity/page-origin.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import { addVary } from "../add-vary.ts";
import type { PolicyDeps } from "../policy-deps.ts";

/** `*` is matched as a wildcard. */
const headerName = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$" });

const schema = Type.Object(
  {
    origins: Type.Array(
      Type.String({
        pattern: "^(\\*|https?://(\\*\\.)?[^*/?#@\\s]+)$",
        maxLength: 256,
        examples: ["https://shop.example.com", "https://*.example.com"],
      }),
      {
        minItems: 1,
        maxItems: 1000,
        description: "Exact origins, `https://*.example.com`, or `*` for all.",
      },
    ),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Z]+$" }), {
        description: "Methods that pages may use; where absent, all that the route takes.",
      }),
    ),
    headers: Type.Array(headerName, {
      default: ["authorization", "content-type"],
      description: "Headers that requests may carry.",
    }),
    exposedHeaders: Type.Array(headerName, {
      default: [],
      description: "Response headers that pages may read.",
    }),
    credentials: Type.Boolean({
      default: false,
      description: "Whether cookies and credentials may be sent.",
    }),
    maxAgeSeconds: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: 600,
      description: "How long a browser remembers the answer to a preflight.",
    }),
    privateNetwork: Type.Boolean({
      default: false,
      description: "Whether public pages may send requests to a gateway in a private network.",
    }),
  },
  {
    additionalProperties: false,
    description: "Says which pages of other origins may ask, and answers preflights.",
  },
);

/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol). A preflight is answered here, before
 * credentials are asked for, because it carries none. An origin that is not allowed gets no CORS headers, those of the service
 * itself included: the browser refuses, and other clients are not concerned.
 */
export const corsPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "cors",
  phase: "cors",
  schema,
  once: () => "",
  check({ origins, credentials }) {
    const issues = origins.flatMap((text, index) =>
      text === "*" ? [] : checkPageOrigin(text.replace("*.", "any."), `/origins/${index}`),
    );
    if (!credentials || !origins.includes("*")) return issues;
    const message = "* with credentials lets every site act as the user";
    return [...issues, { path: "/origins", message, expected: "named origins" }];
  },
  create(config: Static<typeof schema>) {
    const isAllowed = compileOrigins(config.origins);
    const anyOrigin = config.origins.includes("*");
    const allowOrigin = (origin: string): string => (anyOrigin ? "*" : origin);
    // a preflight only reaches routes that accept the method it asks for
    const isMethodAllowed = (asked: string): boolean => config.methods?.includes(asked) ?? true;
    return {
      request(exchange) {
        const origin = exchange.request.headers.get("origin");
        if (origin === null || !isPreflight(exchange)) return undefined;
        const headers = new Headers({
          vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        });
        if (isAllowed(origin)) {
          headers.set("access-control-allow-origin", allowOrigin(origin));
          headers.set("access-control-allow-methods", config.methods?.join(", ") ?? askedMethod(exchange));
          headers.set("access-control-allow-headers", config.headers.join(", "));
          headers.set("access-control-max-age", String(config.maxAgeSeconds));
          if (config.credentials) headers.set("access-control-allow-credentials", "true");
          if (config.privateNetwork && exchange.request.headers.has("access-control-request-private-network"))
            headers.set("access-control-allow-private-network", "true");
        }
        return new Response(null, { status: 204, headers });
      },
      explain(exchange) {
        const origin = exchange.request.headers.get("origin");
        if (origin === null) return { verdict: "skip", inputs: { origin } };
        const allowed = isAllowed(origin);
        const other = allowed ? {} : { counterfactual: `an origin of ${config.origins.join(", ")}` };
        if (!isPreflight(exchange))
          return { verdict: "pass", inputs: { origin, allowed, preflight: false }, ...other };
        const method = askedMethod(exchange);
        const inputs = { origin, allowed, preflight: true, method, methodAllowed: isMethodAllowed(method) };
        if (inputs.methodAllowed) return { verdict: "answer", inputs, status: 204, ...other };
        const counterfactual = `a method of ${config.methods?.join(", ")}`;
        return { verdict: "answer", inputs, status: 204, counterfactual };
      },
      response({ request, response }) {
        if (response === null) return;
        if (!anyOrigin) addVary(response.headers, "Origin");
        const origin = request.headers.get("origin");
        if (!isPreflight({ method: request.method, request })) forgetOwn(response.headers);
        // `*` is for whoever asks, also for those who get the answer from a cache: nothing says that it varies
        const allowed = anyOrigin ? "*" : origin;
        if (allowed === null || !isAllowed(allowed)) return;
        response.headers.set("access-control-allow-origin", allowed);
        if (config.credentials) response.headers.set("access-control-allow-credentials", "true");
        if (config.exposedHeaders.length > 0) {
          response.headers.set("access-control-expose-headers", config.exposedHeaders.join(", "));
        }
      },
    };
  },
};

/** Removes the service's own CORS headers, which the policy replaces. */
function forgetOwn(headers: HeaderList): void {
  for (const name of ownFields) headers.delete(name);
}

const ownFields = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-expose-headers",
] as const;

function isPreflight({ method, request }: Pick<Exchange, "method" | "request">): boolean {
  return method === "OPTIONS" && request.headers.has("access-control-request-method");
}

function askedMethod({ request }: Pick<Exchange, "request">): string {
  return request.headers.get("access-control-request-method") ?? "";
}

function compileOrigins(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes("*")) return () => true;
  const exact = new Set(origins.filter((origin) => !origin.includes("*")));
  const wildcards = origins.filter((origin) => origin.includes("*")).map((origin) => origin.split("*."));
  return (origin) =>
    exact.has(origin) ||
    wildcards.some(
      ([scheme = "", domain = ""]) => origin.startsWith(scheme) && origin.endsWith(`.${domain}`),
    );
}
