import type { Trailers } from "@libs/http1";
import type { HeaderList } from "./header-list.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** Where a service can be reached. */
export interface UpstreamTarget {
  /** Unique within its service, safe to show: `host:port` or the socket's name. */
  readonly id: string;
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket, instead of host and port. */
  readonly unixPath?: string;
  /** Name for SNI and certificate checks where it differs from the host. */
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
  /** Origin form: path and query, exactly as it shall stand on the wire. */
  readonly path: string;
  /** Complete but for framing: `Content-Length`, `Transfer-Encoding` and `Connection` are the client's own to write. */
  readonly headers: HeaderList;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Length of a streamed body in bytes where it is known; else it is sent chunked. */
  readonly contentLength: number | null;
}

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the last byte of the request sent to the first byte of the answer. */
  readonly firstByteMs: number;
  /** Between two bytes, either way. */
  readonly idleMs: number;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  /** As received, without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  /** Bytes where the whole body came with the head; MUST be drained or cancelled where it is a stream. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** Length of a streamed body where the upstream declared it. */
  readonly contentLength: number | null;
  /** Complete once the body, then always a stream, has ended; `null` where none can come. */
  readonly trailers: Trailers | null;
  readonly timings: { readonly connectMs: number; readonly firstByteMs: number; readonly reused: boolean };
}

/** How much of the request may have reached the target: what a retry needs to know. */
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

/** Why a target gave no answer. Internal: its text names targets and never reaches a caller. */
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
 * Who may stop waiting. The signal is asked for only where there is something to stop: making that of a request is dear, and
 * most requests are answered before it is worth it.
 */
export interface Abortable {
  readonly signal: AbortSignal;
}

/** Turns the end of a call into its result, synchronously and exactly once. What it throws rejects the call. */
export interface CallEnding<T> {
  answered(response: UpstreamResponse): MaybePromise<T>;
  /** @param thrown `UpstreamFailure`, or anything else that a faulty client throws. */
  failed(thrown: unknown): MaybePromise<T>;
}

/** Speaks HTTP to targets. Rejects with `UpstreamFailure` only; after it resolved, a broken body errors its stream with one. */
export interface UpstreamClient {
  send(
    target: UpstreamTarget,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    abortable: Abortable,
  ): Promise<UpstreamResponse>;
  /** The same, resolved with what `ending` returns: cheaper than another promise that awaits this one. */
  sendFor<T>(
    target: UpstreamTarget,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    abortable: Abortable,
    ending: CallEnding<T>,
  ): Promise<T>;
  /** Closes idle connections now and busy ones as they end. */
  close(): Promise<void>;
}
