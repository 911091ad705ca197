import type { Trailers } from "@libs/http1";
import type { HeaderList } from "../http/header-list.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/** A network location of a service. */
export interface UpstreamTarget {
  /** Unique within its service, and safe to show: `host:port` or the socket's name. */
  readonly id: string;
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** The name that led to the host, where that is only an address: `Host` of what is meant for the target itself. */
  readonly name?: string;
  /** Path of a unix socket, replacing host and port. */
  readonly unixPath?: string;
  /** The name for SNI and certificate verification, where it differs from the host. */
  readonly serverName?: string;
  readonly tls?: UpstreamTls;
}

export interface UpstreamTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Origin form: path and query, exactly as they are sent. */
  readonly path: string;
  /** Complete except for framing: the client writes `Content-Length`, `Transfer-Encoding` and `Connection`. */
  readonly headers: HeaderList;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Length of a streamed body in bytes, if known; otherwise it is chunked. */
  readonly contentLength: number | null;
}

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the last byte of the request to the first byte of the answer. */
  readonly firstByteMs: number;
  /** Between two bytes, in either direction. */
  readonly idleMs: number;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  /** As received, without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  /** Bytes where the body is complete; a stream MUST be read to its end or cancelled. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Length of a streamed body, where declared. */
  readonly contentLength: number | null;
  /** Complete once the body, which is then a stream, has ended; `null` where none can follow. */
  readonly trailers: Trailers | null;
  readonly connectMs: number;
  /** From there to the first byte. */
  readonly firstByteMs: number;
  /** Whether the connection had been used before. */
  readonly reused: boolean;
}

/** For an answer that no target gave. */
export const noTimings = { connectMs: 0, firstByteMs: 0, reused: false } as const;

/** How much of the request the target may have processed; decides whether it can be retried. */
export type BytesSent = "none" | "some" | "all";

export type UpstreamFailureKind =
  | "connect"
  | "connect-timeout"
  | "tls"
  | "pool-full"
  | "reset"
  | "first-byte-timeout"
  | "idle-timeout"
  | "invalid-response"
  | "aborted";

/** Why a target gave no answer. Internal: the text names targets, and is never shown to callers. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly kind: UpstreamFailureKind;
  readonly sent: BytesSent;

  constructor(kind: UpstreamFailureKind, sent: BytesSent, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.sent = sent;
  }
}

/**
 * Something that may abort. The signal is created on first use: creating that of a request is expensive, and most requests are answered
 * before it is needed.
 */
export interface Abortable {
  readonly signal: AbortSignal;
}

/**
 * A request for a target, and the conversion of its outcome, called synchronously and exactly once. An error thrown there rejects the call.
 */
export interface UpstreamCall<T> {
  readonly target: UpstreamTarget;
  readonly request: UpstreamRequest;
  readonly timeouts: UpstreamTimeouts;
  readonly abortable: Abortable;
  answered(response: UpstreamResponse): MaybePromise<T>;
  /** @param thrown `UpstreamFailure`, or anything else from a faulty client. */
  failed(thrown: unknown): MaybePromise<T>;
}

/** Sends HTTP requests to targets. Rejects with `UpstreamFailure` only; a body that fails after that errors its stream with one. */
export interface UpstreamClient {
  send(
    target: UpstreamTarget,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    abortable: Abortable,
  ): Promise<UpstreamResponse>;
  /** Like `send`, but resolves with the result of `ending`: cheaper than a further promise. */
  sendFor<T>(call: UpstreamCall<T>): Promise<T>;
  /** Closes idle connections now, and busy ones when they finish. */
  close(): Promise<void>;
}
