import type { IncomingRequest } from "@libs/http1";
import type { RequestTarget } from "../model/exchange/exchange.ts";
import type { MatchInput } from "../routing/route-match.ts";

/** Adapts a request to the router. */
export class RequestMatchInput implements MatchInput {
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly method: string;
  readonly #request: IncomingRequest;

  /** @param method the request's own, or the one that a preflight asks about. */
  constructor(request: IncomingRequest, { host, path, query }: RequestTarget, method: string) {
    this.host = host;
    this.path = path;
    this.query = query;
    this.method = method;
    this.#request = request;
  }

  header(name: string): string | null {
    return this.#request.headers.get(name);
  }
}
