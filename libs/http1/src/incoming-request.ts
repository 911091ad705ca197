/** The header fields of a request as `Headers` gives them: names in lower case, several fields of a name joined. */
export interface RequestHeaders {
  /** @param name in lower case. */
  get(name: string): string | null;
  /** @param name in lower case. */
  has(name: string): boolean;
  forEach(visit: (value: string, name: string) => void): void;
}

/**
 * What the way through a gateway needs of a request: a `Request` is one as it is, and the listener on raw sockets has one that
 * costs a fraction of it.
 */
export interface IncomingRequest {
  readonly method: string;
  /** Absolute, as `Request.url`. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** `null` where there is none. Read at most once. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborted when the client leaves before it has its answer. Made on first use. */
  readonly signal: AbortSignal;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
}
