import type { IncomingRequest } from "./incoming-request.ts";

const requests = new WeakMap<IncomingRequest, Request>();
const sources = new WeakMap<Request, IncomingRequest>();

/**
 * The same request as a `Request`, for whoever needs a real one: always the same object for one request, the request itself
 * where it is one already. From then on its body is that object's.
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

/** What a `Request` was made of by `toRequest`; the request itself where it was made of nothing. */
export function incomingOf(request: IncomingRequest): IncomingRequest {
  return request instanceof Request ? (sources.get(request) ?? request) : request;
}
