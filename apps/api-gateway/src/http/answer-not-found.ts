import { CartwayError } from "@libs/errors";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { explainNotFound } from "./explain-not-found.ts";
import { renderUnrouted } from "./render-unrouted.ts";

/** The answer to what nothing serves: a page where the gateway has pages, else the error to be rendered; `null` for the plain one. */
export function answerNotFound(
  snapshot: Snapshot,
  request: Request,
  requestId: string,
): Response | CartwayError | null {
  const explained = explainNotFound(snapshot, request);
  if (snapshot.errorPages === null) return explained;
  return renderUnrouted(snapshot, request, explained ?? new CartwayError("not_found"), requestId);
}
