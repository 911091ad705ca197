import type { IncomingRequest, Trailers } from "@libs/http1";
import type { CartwayError } from "@libs/errors";
import type { RateDecision } from "@libs/rate-limit";
import type { AttemptWatcher } from "./attempt-watcher.ts";
import type { Decision, PolicyVerdict } from "./decision.ts";
import type { HeaderList } from "./header-list.ts";
import type { Principal } from "./principal.ts";

/** The request target after normalisation: what routing saw is what the upstream gets. */
export interface RequestTarget {
  readonly scheme: "http" | "https";
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised, still percent-encoded, always with a leading slash. */
  readonly path: string;
  /** Without the question mark, `""` where there is none. Never decoded. */
  readonly query: string;
}

/**
 * One request on its way through the data plane. One object a request, made with all fields in one place so that its
 * shape never changes. Policies read it and write only the fields that are not readonly.
 */
export interface Exchange {
  readonly request: IncomingRequest;
  readonly requestId: string;
  /** `performance.now()` when the request arrived. */
  readonly startedAt: number;
  /** The real client, after the trusted-proxy setting. */
  readonly clientIp: string;
  /** Whether the connection is a trusted proxy's. */
  readonly isPeerTrusted: boolean;
  readonly method: string;
  readonly target: RequestTarget;
  readonly routeId: string;
  /** Values of the path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the client leaves or the deadline passes. */
  readonly signal: AbortSignal;
  /** `performance.now()` after which nobody waits any more; `Infinity` for streams. */
  deadline: number;

  principal: Principal | null;
  tenantId: string | null;
  /** The service the request goes to; a policy of the phase `route` may choose another. */
  serviceId: string | null;
  /** Path and query as they will be sent, rewritten by the route or a policy. */
  upstreamPath: string;
  /** What the service will receive: the client's headers without reserved and hop-by-hop ones. */
  readonly upstreamHeaders: HeaderList;
  /** Set by a policy that has read (and perhaps changed) the body; else the request's own stream is sent. */
  upstreamBody: Uint8Array | ReadableStream<Uint8Array> | null | undefined;

  /** Status and headers of the answer, for response hooks; `null` until there is one. */
  response: ExchangeResponse | null;
  /** What the upstream step did, for log and span. Written by the service; 0 and `null` where nothing was sent. */
  targetId: string | null;
  attempts: number;
  /** Whether the service that was to answer could not, and its fallback was asked. */
  hasFallenBack: boolean;
  /** What becomes of each part of an answer that is made of several; `null` for any other. Written by the aggregate. */
  parts: readonly AnswerPart[] | null;
  /** Milliseconds in the queue of a policy, to open the connection, and from there to the first byte. */
  queuedMs: number;
  connectMs: number;
  firstByteMs: number;

  /** Of the request's body: as declared, or as far as it was read. */
  bytesIn: number;
  /** Of the answer's body, as far as it was handed over: whole once the exchange has ended. */
  readonly bytesOut: number;
  /** Told of each attempt; `null` where nothing is traced. */
  readonly watcher: AttemptWatcher | null;
  /** Collected only when someone asked for an explanation. */
  readonly decisions: Decision[] | null;
  /** Set by a policy that ends the exchange with an error: why, for the record of recent refusals. */
  refusal: PolicyVerdict | null;
  /** The type of that policy. */
  refusedBy: string | null;
  /** What limits took of it, for what they tell and take with the answer. `null` where none did. */
  limits: TakenLimit[] | null;
  /** Work to do when the exchange ends, however it ends: release slots, charge tokens. Run once, in order. */
  onEnd(callback: () => void): void;
  /**
   * The same request as work of the gateway's own, which its client's leaving does not end. Its body is not sent again. Holds
   * the snapshot until it is ended.
   */
  detach(signal: AbortSignal): DetachedExchange;
}

/** What became of one part of an answer that is made of several. */
export interface AnswerPart {
  readonly name: string;
  readonly service: string;
  /** `abandoned`: nobody waited any more, as the client left or another part failed that is required. */
  readonly outcome: "answered" | "failed" | "abandoned";
  /** Of its service's answer; `null` where none came. */
  readonly status: number | null;
  /** Milliseconds; `null` where its end was not waited for. */
  readonly durationMs: number | null;
}

/** One limit's decision about an exchange. */
export interface TakenLimit {
  /** Which limit of the route it was. */
  readonly by: object;
  readonly key: string;
  readonly weight: number;
  readonly decision: RateDecision;
}

export interface DetachedExchange extends Exchange {
  /** MUST be called once its answer has been read or given up. Runs what `onEnd` was given, once. */
  end(): void;
}

/** How an exchange ended. */
export interface Outcome {
  readonly response: ExchangeResponse;
  /** Why the gateway itself ended it, where it did; `response` is then its envelope. */
  readonly error: CartwayError | null;
}

export interface ExchangeResponse {
  readonly status: number;
  /** As the service says it; absent for what is usual. */
  readonly statusText?: string;
  readonly headers: HeaderList;
  /** `null` for none (HEAD, 204, 304). Bytes keep a Content-Length; a stream is sent chunked where `streamed` does not know it. */
  body: Uint8Array | ReadableStream<Uint8Array> | string | null;
  /** A stream with its length or its trailers, as far as they are known: they hold as long as no policy has put another body in its place. */
  readonly streamed?: StreamedBody;
  /** The gateway's own error whose envelope this is: it is not for policies to change. */
  readonly error?: CartwayError;
}

export interface StreamedBody {
  readonly body: ReadableStream<Uint8Array>;
  readonly bytes: number | null;
  readonly trailers: Trailers | null;
}
