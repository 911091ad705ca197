import { type IncomingRequest, toRequest } from "@libs/http1";
import type { AnswerError } from "./answer-error.ts";
import { isPath } from "./is-path.ts";
import type { RequestScopes } from "./request-scope.ts";

/**
 * An endpoint served before Elysia, for the few where the overhead matters. Request id, log fields, metrics, span and errors are handled
 * by the shell, as for all routes.
 */
export interface DirectRoute {
  readonly method: string;
  /** Exact, without parameters. */
  readonly path: string;
  /** Errors are rendered in the envelope. */
  handle(request: Request): Response | Promise<Response>;
}

/** Returns `null` where no direct route matches. */
export type DirectRouter = (request: IncomingRequest) => Response | Promise<Response> | null;

export function createDirectRouter(
  routes: readonly DirectRoute[],
  scopes: RequestScopes,
  answerError: AnswerError,
): DirectRouter {
  const guarded = routes.map((route) => ({ route, work: guard(route, answerError) }));
  return (request) => {
    for (const { route, work } of guarded) {
      if (route.method === request.method && isPath(request, route.path))
        return scopes.serve(toRequest(request), route.path, work);
    }
    return null;
  };
}

function guard(route: DirectRoute, answerError: AnswerError) {
  return async (request: Request, requestId: string): Promise<Response> => {
    try {
      return await route.handle(request);
    } catch (thrown) {
      return answerError(thrown, requestId);
    }
  };
}
