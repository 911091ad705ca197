import type { CartwayError } from "@libs/errors";
import { currentLogContext } from "@libs/monitoring";
import { type AnyElysia, Elysia } from "elysia";
import type { AnswerError } from "./answer-error.ts";
import { createAllowedMethods } from "./allowed-methods.ts";
import { parseBody } from "./parse-body.ts";
import { createRawRoutes } from "./raw-routes.ts";
import type { RequestScopes } from "./request-scope.ts";
import { translateError } from "./translate-error.ts";

export interface ElysiaShellOptions {
  readonly name: string;
  /** Mounted in this order, which is also the order of their hooks. */
  readonly plugins: readonly AnyElysia[];
  readonly strictPaths: boolean;
  readonly bodyBytesMax: number;
  /** Answers where no route matches; `null` for the default error. */
  readonly notFound: (request: Request, requestId: string) => CartwayError | Response | null;
  readonly answerError: AnswerError;
  readonly scopes: RequestScopes;
}

export interface ElysiaShell {
  readonly elysia: AnyElysia;
  /** Never rejects: errors are rendered in the envelope. */
  serve(request: Request): Response | Promise<Response>;
}

/**
 * Elysia, with everything that a caller could notice replaced: errors, body parsing, not found. Handlers passed to it must stay literal,
 * because Elysia reads them with `toString()`.
 */
export function createElysiaShell(options: ElysiaShellOptions): ElysiaShell {
  const { answerError, bodyBytesMax, scopes } = options;
  const elysia: AnyElysia = new Elysia({
    name: `cartway/${options.name}`,
    normalize: false,
    strictPath: options.strictPaths,
  })
    .onTransform({ as: "global" }, ({ route }) => {
      noteRoute(route);
    })
    .onParse({ as: "global" }, ({ request, contentType, route }) =>
      // `null` counts as parsed: Elysia tries no further parser
      isRaw(request.method, route) ? null : parseBody(request, contentType, bodyBytesMax),
    )
    .onError({ as: "global" }, ({ code, error, route, request, params, query }) => {
      noteRoute(route);
      const allowed = code === "NOT_FOUND" ? otherMethods(request) : [];
      const requestId = currentLogContext()?.requestId ?? "";
      const isUnserved = code === "NOT_FOUND" && allowed.length === 0;
      const unserved = isUnserved ? options.notFound(request, requestId) : null;
      if (unserved instanceof Response) return unserved;
      const sent = { isForm: isForm(request), params: params ?? {}, query: query ?? {} };
      const translated = unserved ?? translateError(code, error, { allowed, ...sent });
      return answerError(translated, requestId);
    });
  for (const plugin of options.plugins) elysia.use(plugin);
  const isRaw = createRawRoutes(() => elysia.routes);
  const allowedMethods = createAllowedMethods(() => elysia.routes);
  /** Empty where the path has this very method, and the handler reported not found. */
  const otherMethods = (request: Request): readonly string[] => {
    const methods = allowedMethods(request.url);
    return methods.includes(request.method) ? [] : methods;
  };
  const fetch: (request: Request) => Response | Promise<Response> = elysia.fetch;

  return {
    elysia,
    serve: (request) => scopes.serve(request, null, (asked) => fetch(withFindablePath(asked))),
  };
}

/** Where Elysia starts to search for the path. A shorter host shifts it: `/xx/admin` would become `/admin`. */
const pathSearchStart = 11;

/** The request with a host that is long enough for Elysia to find the path. */
function withFindablePath(request: Request): Request {
  const { url } = request;
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  return pathStart >= pathSearchStart
    ? request
    : new Request(`http://localhost${url.slice(pathStart)}`, request);
}

function isForm({ headers }: Request): boolean {
  return headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true;
}

function noteRoute(route: string | undefined): void {
  const scope = currentLogContext();
  if (scope !== undefined && route !== undefined && route !== "") scope.route = route;
}
