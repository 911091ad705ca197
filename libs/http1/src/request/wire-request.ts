import type { SocketAddress } from "bun";
import type { Takeover, Wire } from "../takeover.ts";
import type { IncomingRequest } from "../incoming-request.ts";
import type { FieldList } from "./field-list.ts";
import type { IncomingBody } from "./incoming-body.ts";
import type { Scheme } from "./request-url.ts";
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
  /** The request id, once one was assigned. */
  id: string | null = null;
  /** The connection it came on; `null` once the request is over. */
  origin: RequestOrigin | null;
  readonly #head: RequestHead;
  readonly #body: IncomingBody | null;
  #hasLeft = false;
  #abort: AbortController | null = null;

  constructor(head: RequestHead, body: IncomingBody | null, origin: RequestOrigin) {
    this.#head = head;
    this.#body = body;
    this.origin = origin;
  }

  get method(): string {
    return this.#head.method;
  }

  get scheme(): Scheme {
    return this.#head.origin.scheme;
  }

  /** As in its URL: lower case, without the port. */
  get host(): string {
    return this.#head.origin.host;
  }

  /** Path and query, as in its URL. */
  get target(): string {
    return this.#head.target;
  }

  get url(): string {
    return this.#head.origin.url + this.target;
  }

  get headers(): FieldList {
    return this.#head.fields;
  }

  get isHttp11(): boolean {
    return this.#head.isHttp11;
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
