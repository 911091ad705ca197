import { clientCertificateOf } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import { PresentedCredentials } from "../../identity/presented-credentials.ts";
import type { OriginalRequest } from "../../model/identity/credentials.ts";

/** A request to one of the hub's own paths. */
export interface HubCall {
  readonly request: IncomingRequest;
  /** Whether a trusted proxy sent it. */
  readonly isPeerTrusted: boolean;
  readonly original: OriginalRequest;
}

/** The caller's credentials. A token in the query is refused, not ignored: URLs are logged. */
export function presentCredentials(
  { request, isPeerTrusted, original }: HubCall,
  query = "",
): PresentedCredentials {
  return new PresentedCredentials({
    headers: request.headers,
    query,
    tokenParameter: null,
    isPeerTrusted,
    certificate: clientCertificateOf(request),
    original,
  });
}
