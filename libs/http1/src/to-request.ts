import type { IncomingRequest } from "./incoming-request.ts";

const requests = new WeakMap<IncomingRequest, Request>();
const sources = new WeakMap<Request, IncomingRequest>();

/**
 * Converts a request to a `Request`: always to the same object, and a `Request` to itself. The body belongs to that object from then on.
 */
export function toRequest(incoming: IncomingRequest): Request {
  if (incoming instanceof Request) return incoming;
  const known = requests.get(incoming);
  if (known !== undefined) return known;
  const { method, url, body, signal } = incoming;
  const headers = new Headers();
  incoming.headers.forEach((value, name) => headers.append(name, value));
  const request = new Request(url, { method, headers, body, signal });
  requests.set(incoming, request);
  sources.set(request, incoming);
  return request;
}

/** The request that `toRequest` converted; any other `Request` is returned as it is. */
export function incomingOf(request: IncomingRequest): IncomingRequest {
  return request instanceof Request ? (sources.get(request) ?? request) : request;
}
