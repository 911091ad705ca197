import { declaredLength } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import { type IncomingRequest, WireRequest } from "@libs/http1";

/**
 * The length of a request's body in bytes; `null` if it is unknown until the body ends. Over HTTP/1.1 a field announces a body; over HTTP/2
 * none does, and the first byte shows that there is one.
 * @throws CartwayError `invalid_header`, and `bad_request` for a body that is announced but withheld: Bun's HTTP/2 server does that with a
 * GET or HEAD.
 */
export function bodyLengthOf(request: IncomingRequest): number | null {
  const { headers } = request;
  const declared = declaredLength(headers);
  const isWire = request instanceof WireRequest;
  const isAnnounced = headers.has("transfer-encoding");
  if ((isAnnounced || (declared ?? 0) > 0) && !isWire && request.body === null)
    throw new CartwayError("bad_request", {
      message: "Over HTTP/2 a GET or HEAD cannot have a body. Send it over HTTP/1.1.",
    });
  if (declared !== null) return declared;
  if (isAnnounced) return null;
  return isWire || request.body === null ? 0 : null;
}
