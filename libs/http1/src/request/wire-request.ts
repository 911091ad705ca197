import type { SocketAddress } from "bun";
import type { Takeover, Wire } from "../takeover.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import type { FieldList } from "./field-list.ts";
import type { IncomingBody } from "./incoming-body.ts";
import type { Origin, Scheme } from "./request-url.ts";
import type { RequestHead } from "./parse-request-head.ts";

/** The connection that a request came on, as the request sees it. */
export interface RequestOrigin {
  /** `null` where the client left before this was first read. */
  readonly peer: SocketAddress | null;
  /** Storage for a handler that caches something from one request of a connection to the next. */
  memo: unknown;
  takeOver(request: WireRequest, open: (wire: Wire) => Takeover): boolean;
}

/** A request read by the listener on raw sockets. */
export class WireRequest implements IncomingRequest {
  readonly method: string;
  /** As in its URL: lower case, without the port. */
  readonly host: string;
  /** Path and query, as in its URL. */
  readonly target: string;
  readonly headers: FieldList;
  readonly isHttp11: boolean;
  /** The request id, once one was assigned. */
  id: string | null = null;
  /** The connection it came on; `null` once the request is over. */
  origin: RequestOrigin | null;
  readonly #origin: Origin;
  readonly #body: IncomingBody | null;
  #hasLeft = false;
  #abort: AbortController | null = null;

  constructor(head: RequestHead, body: IncomingBody | null, origin: RequestOrigin) {
    this.method = head.method;
    this.host = head.origin.host;
    this.target = head.target;
    this.headers = head.fields;
    this.isHttp11 = head.isHttp11;
    this.#origin = head.origin;
    this.#body = body;
    this.origin = origin;
  }

  get scheme(): Scheme {
    return this.#origin.scheme;
  }

  get url(): string {
    return this.#origin.url + this.target;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#body?.stream() ?? null;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#hasLeft) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** Resolves immediately where the body arrived with the head. */
  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.#body === null ? new Uint8Array(0) : this.#body.bytes());
  }

  async text(): Promise<string> {
    return this.#body === null ? "" : new TextDecoder().decode(await this.#body.bytes());
  }

  /** Called when the client leaves before it was answered. */
  leave(): void {
    this.#hasLeft = true;
    this.#abort?.abort();
  }
}
