/** The header fields of a request, as `Headers` presents them: names in lower case, repeated fields joined. */
export interface RequestHeaders {
  /** @param name in lower case. */
  get(name: string): string | null;
  /** @param name in lower case. */
  has(name: string): boolean;
  forEach(visit: (value: string, name: string) => void): void;
}

/**
 * What the gateway needs of a request. A `Request` satisfies it; the listener on raw sockets has an implementation at a fraction of the
 * cost.
 */
export interface IncomingRequest {
  readonly method: string;
  /** Absolute, like `Request.url`. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** `null` where there is none. Can be read once. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborted when the client leaves before it was answered. Created on first use. */
  readonly signal: AbortSignal;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
}
