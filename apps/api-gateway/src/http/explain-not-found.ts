import { CartwayError } from "@libs/errors";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { nearestRoutes } from "../routing/nearest-routes.ts";
import { readTarget } from "./request-target.ts";

/**
 * The error where nothing matches, with the nearest routes; `null` where the config does not reveal them and the caller has no debug
 * pass.
 */
export function explainNotFound({ config, routes, debug }: Snapshot, request: Request): CartwayError | null {
  if (!config.server.explainNotFound && debug?.admits(request) !== true) return null;
  const input = {
    ...readTarget(request, false, config.server),
    method: request.method,
    header: (name: string) => request.headers.get(name),
  };
  const nearest = nearestRoutes(routes, input, { taken: null, count: 3 });
  return new CartwayError("not_found", { message: "No route matches this request.", details: { nearest } });
}
