import { toResponse } from "@libs/http1";
import type { App, AppServer, Handle } from "../app.ts";

/** Adapts a handler to `Bun.serve`, which accepts only `Response`s. */
export function fetchOf(handle: Handle): App["fetch"] {
  return (request: Request, server: AppServer) => {
    const answer = handle(request, server);
    if (answer instanceof Promise) return answer.then((settled) => settled && toResponse(settled));
    return answer && toResponse(answer);
  };
}
