import { CartwayError, renderErrorParts, toCartwayError } from "@libs/errors";
import { discard } from "@libs/http1";
import type { Exchange, ExchangeResponse, Outcome } from "../model/exchange/exchange.ts";
import { HeaderList } from "../model/http/header-list.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Next } from "../model/exchange/policy.ts";
import type { UpstreamResponse } from "../model/upstream/upstream.ts";
import type { CompiledRoute, Layer } from "./compiled-route.ts";

/** Sends an exchange upstream. Supplied by the HTTP edge, which knows about bodies. */
export type SendUpstream = (route: CompiledRoute, exchange: Exchange) => Promise<UpstreamResponse>;

/** How to run an exchange, and what to turn its outcome into. */
export interface Run<T> {
  readonly route: CompiledRoute;
  readonly send: SendUpstream;
  /** MUST NOT throw. */
  conclude(response: ExchangeResponse, error: CartwayError | null): T;
}

/**
 * Runs an exchange through its route: request hooks in phase order until one answers, then upstream, then response hooks in reverse. An
 * error on the way becomes a rendered answer that still passes the response hooks, so error pages have CORS and security headers too.
 * Never rejects.
 */
export function runExchange<T>(run: Run<T>, exchange: Exchange): Promise<T> {
  return runLayer(run, run.route.layer, exchange, run);
}

type Way = Pick<Run<unknown>, "route" | "send">;

/** Concludes inside: nearly every exchange has a single layer, and another promise around it would cost each of them. */
async function runLayer<T>(
  run: Way,
  layer: Layer,
  exchange: Exchange,
  end: Pick<Run<T>, "conclude">,
): Promise<T> {
  let error: CartwayError | null = null;
  try {
    const answer = answerOfPolicies(layer, exchange);
    const own = answer instanceof Promise ? await answer : answer;
    if (own !== undefined) {
      exchange.response = own;
    } else if (layer.enclosing === null) {
      exchange.response = toExchangeResponse(await run.send(run.route, exchange));
    } else {
      const { policy, inner } = layer.enclosing;
      const outcome = await policy.around(exchange, innerOf(run, inner));
      exchange.response = outcome.response;
      ({ error } = outcome);
    }
  } catch (thrown) {
    error = errorOf(thrown, exchange);
    exchange.response = fromError(error, exchange.requestId);
  }
  for (const policy of layer.responses) {
    try {
      const pending = policy.response(exchange);
      if (pending instanceof Promise) await pending;
    } catch (thrown) {
      // the replaced answer is discarded; its replacement passes the remaining hooks
      discard(exchange.response);
      exchange.refusedBy = policy.type;
      error = toCartwayError(thrown);
      exchange.response = fromError(error, exchange.requestId);
    }
  }
  return end.conclude(exchange.response, error);
}

const asOutcome = {
  conclude: (response: ExchangeResponse, error: CartwayError | null): Outcome => ({ response, error }),
};

/** Separate, so that only layers with an inner one allocate a closure. */
function innerOf(run: Way, layer: Layer): Next {
  return (exchange) => runLayer(run, layer, exchange, asOutcome);
}

/** Awaits only real promises: a synchronous hook costs no microtask. */
function answerOfPolicies(
  layer: Layer,
  exchange: Exchange,
  start = 0,
): MaybePromise<ExchangeResponse | undefined> {
  const { requests } = layer;
  for (let index = start; index < requests.length; index += 1) {
    const pending = requests[index]?.request(exchange);
    if (pending instanceof Promise) return answerAfter(pending, layer, exchange, index + 1);
    if (pending !== undefined) return fromResponse(pending);
  }
  return undefined;
}

async function answerAfter(
  pending: Promise<Response | undefined>,
  layer: Layer,
  exchange: Exchange,
  next: number,
): Promise<ExchangeResponse | undefined> {
  const answer = await pending;
  return await (answer === undefined ? answerOfPolicies(layer, exchange, next) : fromResponse(answer));
}

function toExchangeResponse(response: UpstreamResponse): ExchangeResponse {
  const { status, statusText, headers, body, contentLength, trailers } = response;
  if (!(body instanceof ReadableStream) || (contentLength === null && trailers === null)) return response;
  return { status, statusText, headers, body, streamed: { body, bytes: contentLength, trailers } };
}

/** Bun's HTTP/2 server reports `AbortError` if the body of a disconnected client is read. */
function errorOf(thrown: unknown, { request }: Exchange): CartwayError {
  const isOfClient = thrown instanceof Error && thrown.name === "AbortError" && request.signal.aborted;
  return isOfClient
    ? new CartwayError("request_timeout", { internal: "the client left", cause: thrown })
    : toCartwayError(thrown);
}

/** As text rather than a `Response`, whose body would be a stream that may never be read. */
function fromError(error: CartwayError, requestId: string): ExchangeResponse {
  const { status, headers, body } = renderErrorParts(error, requestId);
  return { status, headers: new HeaderList(Object.entries(headers).flat()), body, error };
}

/** A policy's own answer is in memory: as bytes it keeps its length and needs no stream. */
async function fromResponse(response: Response): Promise<ExchangeResponse> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    headers: new HeaderList([...response.headers].flat()),
    body: bytes.byteLength === 0 ? null : bytes,
    byPolicy: true,
  };
}
