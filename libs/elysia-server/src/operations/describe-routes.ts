import { filterPaths, registerSchemaPath } from "@elysiajs/swagger/utils";
import type { InternalRoute } from "elysia";
import { jsonOnly } from "./json-only.ts";
import { nameSchemas } from "./name-schemas.ts";
import { repairResponses } from "./repair-responses.ts";

type RegisteredPaths = Parameters<typeof registerSchemaPath>[0]["schema"];

/** Others, such as WebSockets, have no place in an OpenAPI document. */
const describedMethods: ReadonlySet<string> = new Set(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]);

/** Paths of an OpenAPI document. */
export type DocsPaths = Required<RegisteredPaths>;

/** A route of an Elysia app. */
export type DescribedRoute = Pick<InternalRoute, "method" | "path" | "hooks">;

export interface Description {
  /** The document's other parts. */
  readonly about: { readonly [part: string]: unknown; readonly components: object };
  /** Paths served before Elysia, which Elysia cannot describe. */
  readonly paths: DocsPaths;
}

/**
 * The OpenAPI document of an app's routes, in the form that client generators expect. Of Elysia's plugin it takes the translation of a
 * route only: the plugin itself loads 60 files for a page that needs the network.
 */
export function describeRoutes(routes: readonly DescribedRoute[], { about, paths }: Description): unknown {
  const schema: RegisteredPaths = {};
  for (const { method, path, hooks } of routes) {
    if (hooks.detail?.hide === true || !describedMethods.has(method)) continue;
    registerSchemaPath({ schema, hook: hooks, method, path, models: {} });
  }
  const described = filterPaths(schema, { excludeStaticFile: true, exclude: [] });
  const components = { ...about.components, schemas: {} };
  return nameSchemas(repairResponses(jsonOnly({ ...about, paths: { ...described, ...paths }, components })));
}
