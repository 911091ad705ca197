import type { RequestHeaders } from "@libs/http1";

/** The scheme that the client used, as a trusted proxy before the gateway reports it; `null` where none does. */
export function reportedScheme(headers: RequestHeaders, isPeerTrusted: boolean): string | null {
  return isPeerTrusted ? headers.get("x-forwarded-proto") : null;
}
