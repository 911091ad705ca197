import { declaredLength } from "@libs/elysia-server";
import { type IncomingRequest, WireRequest } from "@libs/http1";

/**
 * The length of a request's body in bytes; `null` where only its end will tell. Over HTTP/1.1 a body is announced by a field; over HTTP/2 by
 * none, and whether there is one is known with its first byte. @throws CartwayError `invalid_header`
 */
export function bodyLengthOf(request: IncomingRequest): number | null {
  const { headers } = request;
  const declared = declaredLength(headers);
  if (declared !== null) return declared;
  if (headers.has("transfer-encoding")) return null;
  return request instanceof WireRequest || request.body === null ? 0 : null;
}
