import { CartwayError } from "@libs/errors";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { explainNotFound } from "./explain-not-found.ts";
import { renderUnrouted } from "./render-unrouted.ts";

/** The answer where nothing matches: an error page where the gateway has those, otherwise the error to render; `null` for the default. */
export function answerNotFound(
  snapshot: Snapshot,
  request: Request,
  requestId: string,
): Response | CartwayError | null {
  const explained = explainNotFound(snapshot, request);
  if (snapshot.errorPages === null) return explained;
  return renderUnrouted(snapshot, request, explained ?? new CartwayError("not_found"), requestId);
}
