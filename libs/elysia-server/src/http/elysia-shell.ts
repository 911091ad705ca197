import { currentLogContext, type LogContext, runWithLogContext } from "@libs/monitoring";
import { type AnyElysia, Elysia } from "elysia";
import type { AnswerError } from "./answer-error.ts";
import { createAllowedMethods } from "./allowed-methods.ts";
import { parseBody } from "./parse-body.ts";
import { requestIdHeader, requestIdOf } from "./request-id.ts";
import { createRawRoutes } from "./raw-routes.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { translateError } from "./translate-error.ts";

export interface ElysiaShellOptions {
  readonly name: string;
  /** In the order of their hooks. */
  readonly plugins: readonly AnyElysia[];
  readonly bodyBytesMax: number;
  /** Whether `x-tenant-id` can be believed: the gateway strips it from what comes from outside. */
  readonly behindGateway: boolean;
  readonly answerError: AnswerError;
  readonly metrics: RequestMetrics;
}

export interface ElysiaShell {
  readonly elysia: AnyElysia;
  /** Never rejects: errors are answered in the envelope. */
  serve(request: Request): Response | Promise<Response>;
}

/** The route label of what no route took. */
const unmatched = "unmatched";

/**
 * Elysia with everything of its own that a caller could see replaced: errors, body parsing, not found. Handlers given to it
 * stay literal, as it reads them with `toString()`.
 */
export function createElysiaShell(options: ElysiaShellOptions): ElysiaShell {
  const { answerError, bodyBytesMax, metrics } = options;
  const elysia: AnyElysia = new Elysia({ name: `cartway/${options.name}`, normalize: false })
    .onTransform({ as: "global" }, ({ route }) => {
      noteRoute(route);
    })
    .onParse({ as: "global" }, ({ request, contentType, route }) =>
      // `null` is a body that has been dealt with: no other parser is asked.
      isRaw(request.method, route) ? null : parseBody(request, contentType, bodyBytesMax),
    )
    .onError({ as: "global" }, ({ code, error, route, request }) => {
      noteRoute(route);
      const allowed = code === "NOT_FOUND" ? otherMethods(request) : [];
      return answerError(translateError(code, error, allowed), currentLogContext()?.requestId ?? "");
    });
  for (const plugin of options.plugins) elysia.use(plugin);
  const isRaw = createRawRoutes(() => elysia.routes);
  const allowedMethods = createAllowedMethods(() => elysia.routes);
  /** None where the path has the very method: then a handler found nothing. */
  const otherMethods = (request: Request): readonly string[] => {
    const methods = allowedMethods(request.url);
    return methods.includes(request.method) ? [] : methods;
  };
  const fetch: (request: Request) => Response | Promise<Response> = elysia.fetch;

  return {
    elysia,
    serve(request) {
      const startedAt = performance.now();
      const scope = openScope(request, options.behindGateway);
      const finish = (response: Response): Response => {
        response.headers.set(requestIdHeader, scope.requestId);
        metrics.record(scope.route ?? unmatched, response.status, (performance.now() - startedAt) / 1000);
        return response;
      };
      return runWithLogContext(scope, () => {
        const answer = fetch(withFindablePath(request));
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      });
    },
  };
}

/** Where Elysia begins to look for the path: a shorter host shifts it, and `/xx/admin` becomes `/admin`. */
const pathSearchStart = 11;

/** The request under a host long enough for Elysia to find the path that was sent. */
function withFindablePath(request: Request): Request {
  const { url } = request;
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  return pathStart >= pathSearchStart
    ? request
    : new Request(`http://localhost${url.slice(pathStart)}`, request);
}

function openScope(request: Request, behindGateway: boolean): LogContext {
  const requestId = requestIdOf(request);
  const tenantId = behindGateway ? request.headers.get("x-tenant-id") : null;
  return tenantId === null ? { requestId } : { requestId, tenantId };
}

function noteRoute(route: string | undefined): void {
  const scope = currentLogContext();
  if (scope !== undefined && route !== undefined && route !== "") scope.route = route;
}
