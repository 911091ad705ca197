import { type CartwayError, renderError } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import type { Snapshot } from "../pipeline/snapshot.ts";

/** An error that passes no route's policies, as an answer: in the pages of the whole gateway, where it has some. */
export function renderUnrouted(
  { errorPages }: Pick<Snapshot, "errorPages">,
  request: Pick<IncomingRequest, "headers">,
  error: CartwayError,
  requestId: string,
): Response {
  if (errorPages === null) return renderError(error, requestId);
  const { status, headers, body } = errorPages.render(error, requestId, request.headers.get("accept"));
  return new Response(body, { status, headers });
}
