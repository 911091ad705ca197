import { type CartwayError, renderError } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import type { Snapshot } from "../pipeline/snapshot.ts";

/** Renders an error outside any route, with the gateway's error pages where configured. */
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
