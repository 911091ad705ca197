import type { IncomingRequest, Trailers } from "@libs/http1";
import type { CartwayError } from "@libs/errors";
import type { RateDecision, RateLimiter } from "@libs/rate-limit";
import type { AttemptWatcher } from "../upstream/attempt-watcher.ts";
import type { AskedCredentials } from "../identity/authentication.ts";
import type { Decision, PolicyVerdict } from "./decision.ts";
import type { HeaderList } from "../http/header-list.ts";
import type { Principal } from "../identity/principal.ts";

/** The normalized request target: routing and upstream see the same one. */
export interface RequestTarget {
  readonly scheme: "http" | "https";
  /** Lower case, without port. */
  readonly host: string;
  /** Normalized, still percent-encoded, with a leading slash. */
  readonly path: string;
  /** Without the question mark; `""` for none. Never decoded. */
  readonly query: string;
}

/**
 * A request on its way through the data plane. One object per request, with all fields initialized in one place so that its shape never
 * changes. Policies only write the fields that are not readonly.
 */
export interface Exchange {
  readonly request: IncomingRequest;
  readonly requestId: string;
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: string;
  /** Whether the peer is a trusted proxy. */
  readonly isPeerTrusted: boolean;
  readonly method: string;
  readonly target: RequestTarget;
  readonly routeId: string;
  /** Values of the path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the client leaves or the deadline passes. */
  readonly signal: AbortSignal;
  /** The route's limit on the request's body, whoever reads it. */
  readonly bodyBytesMax: number;
  /** The `performance.now()` at which the request times out; `Infinity` for streams. */
  deadline: number;

  principal: Principal | null;
  /** What a caller that was admitted anonymously could have presented. */
  askedCredentials: AskedCredentials;
  tenantId: string | null;
  /** The service that will get the request; a policy of the phase `choose` may change it. */
  serviceId: string | null;
  /** Path and query to be sent, after rewriting by the route or a policy. */
  upstreamPath: string;
  /** The headers to be sent: the client's, without reserved and hop-by-hop ones. */
  readonly upstreamHeaders: HeaderList;
  /** Set by a policy that has read (and perhaps changed) the body; otherwise the request's own stream is sent. */
  upstreamBody: Uint8Array | ReadableStream<Uint8Array> | null | undefined;

  /** Status and headers of the answer, for response hooks; `null` before there is one. */
  response: ExchangeResponse | null;
  /** Results of the upstream step, for log and span, written by the service; 0 and `null` where nothing was sent. */
  targetId: string | null;
  attempts: number;
  /** Set if the service failed: what answered instead, another service or the fixed response of its config. */
  fallback: "service" | "fixed" | null;
  /** The parts of an aggregate answer, written by the aggregate; `null` for any other. */
  parts: readonly AnswerPart[] | null;
  /** Milliseconds in a policy's queue, until connected, and from there to the first byte. */
  queuedMs: number;
  connectMs: number;
  firstByteMs: number;

  /** Request body bytes: as declared, or as read so far. */
  bytesIn: number;
  /** Answer body bytes delivered so far; complete once the exchange has ended. */
  readonly bytesOut: number;
  /** Observes each attempt; `null` without tracing. */
  readonly watcher: AttemptWatcher | null;
  /** Only collected where an explanation was requested. */
  readonly decisions: Decision[] | null;
  /** Set by a policy that ends the exchange with an error, for the list of recent refusals. */
  refusal: PolicyVerdict | null;
  /** The type of that policy, or of the one whose response hook failed. */
  refusedBy: string | null;
  /**
   * What the route's limits have taken: for their headers, for charges after the answer, and for refunds if another limit refuses; `null`
   * for none.
   */
  limits: TakenLimit[] | null;
  /** Registers work for the end of the exchange, however it ends: releasing slots, charging tokens. Runs once, in order. */
  onEnd(callback: () => void): void;
  /**
   * The same request as background work of the gateway, independent of its client. Its body is not sent again. Keeps the snapshot in use
   * until it is ended.
   */
  detach(signal: AbortSignal): DetachedExchange;
}

/** The result of one part of an aggregate answer. */
export interface AnswerPart {
  readonly name: string;
  readonly service: string;
  /** `abandoned`: no longer needed, because the client left or another, required part failed. */
  readonly outcome: "answered" | "failed" | "abandoned";
  /** The status of its service's answer; `null` for none. */
  readonly status: number | null;
  /** Milliseconds; `null` where it was abandoned. */
  readonly durationMs: number | null;
}

/** A limit's decision about an exchange. */
export interface TakenLimit {
  /** Identifies the limit among those of the route. */
  readonly by: object;
  readonly limiter: RateLimiter;
  readonly key: string;
  readonly weight: number;
  /** Taken where the decision allowed it. */
  readonly units: number;
  readonly decision: RateDecision;
}

export interface DetachedExchange extends Exchange {
  /** MUST be called once its answer was read or discarded. Runs the `onEnd` callbacks, once. */
  end(): void;
}

/** The result of an exchange. */
export interface Outcome {
  readonly response: ExchangeResponse;
  /** The error by which the gateway itself ended it, if any; `response` is then its envelope. */
  readonly error: CartwayError | null;
}

export interface ExchangeResponse {
  readonly status: number;
  /** The service's reason phrase; absent for the usual one. */
  readonly statusText?: string;
  readonly headers: HeaderList;
  /** `null` for none (HEAD, 204, 304). Bytes have a Content-Length; a stream is chunked unless `streamed` has its length. */
  body: Uint8Array | ReadableStream<Uint8Array> | string | null;
  /** The length or trailers of a stream, as far as known: valid only while no policy has replaced the body. */
  readonly streamed?: StreamedBody;
  /** Set where this is the envelope of the gateway's own error, which policies must not change. */
  readonly error?: CartwayError;
  /** Set where a policy answered by itself, as `respond` does: nobody was asked. */
  readonly byPolicy?: true;
}

export interface StreamedBody {
  readonly body: ReadableStream<Uint8Array>;
  readonly bytes: number | null;
  readonly trailers: Trailers | null;
}
