import { fileURLToPath } from "node:url";
import { swagger } from "@elysiajs/swagger";
import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import { jsonOnly } from "./json-only.ts";
import { nameSchemas } from "./name-schemas.ts";
import { repairResponses } from "./repair-responses.ts";

/** Files of the page, from the installed swagger-ui-dist: nothing is loaded from another host. */
const assets: Readonly<Record<string, { readonly type: string; readonly file: () => string }>> = {
  "swagger-ui.css": {
    type: "text/css; charset=utf-8",
    file: () => import.meta.resolve("swagger-ui-dist/swagger-ui.css"),
  },
  "swagger-ui-bundle.js": {
    type: "text/javascript; charset=utf-8",
    file: () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  },
  "favicon-32x32.png": {
    type: "image/png",
    file: () => import.meta.resolve("swagger-ui-dist/favicon-32x32.png"),
  },
};

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const initializer = `window.ui = SwaggerUIBundle({
  url: "/swagger/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
`;

/** Paths of an OpenAPI document. */
export type DocsPaths = NonNullable<
  NonNullable<NonNullable<Parameters<typeof swagger>[0]>["documentation"]>["paths"]
>;

export interface DocsOptions {
  readonly name: string;
  readonly version: string;
  /** `bearer` where every route requires a token. Individual routes declare it in their detail: `security: [{ bearer: [] }]`. */
  readonly security: "bearer" | null;
  /** Introduction for readers, in Markdown. */
  readonly description?: string | undefined;
  /** Paths served before Elysia, which Elysia cannot describe. */
  readonly paths?: DocsPaths | undefined;
}

/**
 * The API documentation: a page at `/swagger`, OpenAPI at `/swagger/json`. The plugin's own page loads scripts from a CDN; this one
 * replaces it, and works offline.
 */
export function createDocs({ name, version, security, description, paths = {} }: DocsOptions): AnyElysia {
  const title = `Cartway ${name}`;
  const info = { title, version, description: description ?? `The HTTP interface of ${name}.` };
  const components = { securitySchemes: { bearer: { type: "http", scheme: "bearer" } as const } };
  const detail = { hide: true };
  return new Elysia({ name: "cartway/docs" })
    .onAfterHandle(({ path, response }) => (path === "/swagger/json" ? tidy(response) : response))
    .use(
      swagger({
        provider: "swagger-ui",
        path: "/swagger/plugin",
        specPath: "/swagger/json",
        documentation: {
          // routes use JSON Schema, as 3.1 does; 3.0 has no null type
          openapi: "3.1.0",
          info,
          components,
          paths,
          ...(security === "bearer" ? { security: [{ bearer: [] }] } : {}),
        },
        exclude: ["/swagger/plugin"],
      }),
    )
    .get("/swagger/plugin", () => refuseOriginal(), { detail })
    .get("/swagger", () => answer(page(title), "text/html; charset=utf-8"), { detail })
    .get("/swagger/assets/initializer.js", () => answer(initializer, "text/javascript; charset=utf-8"), {
      detail,
    })
    .get("/swagger/assets/:file", ({ params }) => serveAsset(params.file), { detail });
}

/** Adapts the plugin's document to what client generators expect. */
function tidy(document: unknown): unknown {
  return nameSchemas(repairResponses(jsonOnly(document)));
}

function refuseOriginal(): never {
  throw new CartwayError("not_found");
}

function serveAsset(name: string): Response {
  const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
  if (asset === undefined) throw new CartwayError("not_found");
  return answer(Bun.file(fileURLToPath(asset.file())), asset.type);
}

function answer(body: string | Blob, type: string): Response {
  const headers = {
    "content-type": type,
    "content-security-policy": contentSecurityPolicy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
  return new Response(body, { headers });
}

function page(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${Bun.escapeHTML(title)}</title>
<link rel="icon" type="image/png" href="/swagger/assets/favicon-32x32.png">
<link rel="stylesheet" href="/swagger/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/swagger/assets/swagger-ui-bundle.js"></script>
<script src="/swagger/assets/initializer.js"></script>
</body>
</html>
`;
}
