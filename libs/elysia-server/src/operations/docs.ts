import { fileURLToPath } from "node:url";
import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia } from "elysia";
import { type DescribedRoute, describeRoutes, type DocsPaths } from "./describe-routes.ts";

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

/** The API documentation: a page at `/swagger` that loads nothing from other hosts, OpenAPI at `/swagger/json`. */
export function createDocs({ name, version, security, description, paths = {} }: DocsOptions): AnyElysia {
  const title = `Cartway ${name}`;
  const about = {
    // routes use JSON Schema, as 3.1 does; 3.0 has no null type
    openapi: "3.1.0",
    info: { title, version, description: description ?? `The HTTP interface of ${name}.` },
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    ...(security === "bearer" ? { security: [{ bearer: [] }] } : {}),
  };
  const detail = { hide: true };
  const docs = new Docs({ name: "cartway/docs" });
  return docs
    .get("/swagger/json", () => describeRoutes(docs.routesOfApp(), { about, paths }), { detail })
    .get("/swagger", () => answer(page(title), "text/html; charset=utf-8"), { detail })
    .get("/swagger/assets/initializer.js", () => answer(initializer, "text/javascript; charset=utf-8"), {
      detail,
    })
    .get("/swagger/assets/:file", ({ params }) => serveAsset(params.file), { detail });
}

/** A plugin that sees every route of the app that uses it. */
class Docs extends Elysia {
  routesOfApp(): readonly DescribedRoute[] {
    return this.getGlobalRoutes();
  }
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
