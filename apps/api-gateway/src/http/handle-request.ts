import { type Answer, type IncomingRequest, WireRequest } from "@libs/http1";
import { type CartwayError, toCartwayError } from "@libs/errors";
import type { AppServer } from "@libs/elysia-server";
import { requestIdOf } from "@libs/elysia-server";
import { runWithLogContext, type Tracer } from "@libs/monitoring";
import type { Exchange, ExchangeResponse, RequestTarget } from "../model/exchange/exchange.ts";
import type { UpstreamResponse } from "../model/upstream/upstream.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import { type Run, runExchange, type SendUpstream } from "../pipeline/run-exchange.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import type { MatchResult } from "../routing/route-match.ts";
import { renderUnrouted } from "./render-unrouted.ts";
import { RequestMatchInput } from "./request-match-input.ts";
import { beginTrace } from "../telemetry/exchange-trace.ts";
import { writeDebugHeaders } from "../telemetry/debug/debug-headers.ts";
import type { ExchangeWatch } from "../telemetry/exchange-watch.ts";
import { GatewayExchange, type IdentifiedRequest } from "./gateway-exchange.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import type { ExchangeRecorder } from "./record-exchange.ts";
import { readRequestBody, type RequestBody } from "./request-body.ts";
import { readTarget } from "./request-target.ts";
import type { SlowReaders } from "./slow-readers.ts";
import { toAnswer } from "./to-answer.ts";
import type { Tunnels } from "../upstream/websocket/tunnels.ts";
import { asksForWebSocket, WebSocketUpgrade } from "./web-socket-upgrade.ts";
import { clientAddress, peerAddress } from "../routing/client-address.ts";
import { clientIpOf } from "../routing/client-ip.ts";
import { upstreamHeadersOf } from "./upstream-headers.ts";

export interface RequestHandlerParts {
  /** The snapshot for new requests; requests in progress keep theirs. */
  readonly current: () => Snapshot;
  readonly recorder: ExchangeRecorder;
  /** Decides whose decisions are collected. */
  readonly watch: ExchangeWatch;
  readonly tracer: Tracer;
  readonly tunnels: Tunnels;
  readonly slowReaders: SlowReaders;
}

/** `null` where no route matches: the request is for the gateway's own endpoints. `undefined` where it became a WebSocket. */
export type RequestHandler = (
  request: IncomingRequest,
  server: AppServer,
) => Promise<Answer | undefined> | Answer | null;

/**
 * A request's way through the data plane: identify, match, hooks, upstream, hooks, record. Everything it needs was compiled into the
 * snapshot, and all errors are rendered in one place.
 */
export function createRequestHandler(parts: RequestHandlerParts): RequestHandler {
  const { current, recorder, watch, tracer } = parts;
  return (request, server) => {
    const startedAt = performance.now();
    const snapshot = current();
    const requestId = requestIdOf(request);
    let target: RequestTarget | null = null;
    try {
      target = readTarget(request, server.isBehindTls, snapshot.config.server);
      const match = findRoute(snapshot, request, target);
      if (match.kind === "none" || match.kind === "own") return null;
      if (match.kind === "method") throw methodNotAllowed(match.allow);
      const trace = tracer.enabled ? beginTrace(tracer, request, target) : null;
      const watched = watch.open(match.route.id);
      const decisions = snapshot.debug === null ? watched : snapshot.debug.open(request, watched);
      const incoming = { request, server, requestId, target, trace, decisions, startedAt };
      return new Serving(parts, snapshot, match.route, incoming).begin(match.params);
    } catch (thrown) {
      const error = toCartwayError(thrown);
      const trace = tracer.enabled && target !== null ? beginTrace(tracer, request, target) : null;
      const clientIp = clientAddress(request, server, snapshot.proxies);
      recorder.refused({ request, requestId, error, route: null, trace, clientIp, startedAt });
      return renderUnrouted(snapshot, request, error, requestId);
    }
  };
}

/** A matched request. */
interface Arrived extends Incoming {
  readonly server: AppServer;
  /** `performance.now()` at its arrival. */
  readonly startedAt: number;
}

/** Serves a matched request, from its exchange to its answer. */
class Serving implements Run<Answer | undefined> {
  readonly route: CompiledRoute;
  readonly send: SendUpstream;
  readonly #parts: RequestHandlerParts;
  readonly #snapshot: Snapshot;
  readonly #incoming: Arrived;
  readonly #upgrade: WebSocketUpgrade | null;
  #exchange: GatewayExchange | null = null;

  constructor(parts: RequestHandlerParts, snapshot: Snapshot, route: CompiledRoute, incoming: Arrived) {
    const isUpgrade = route.websocket !== null && asksForWebSocket(incoming.request);
    this.#upgrade = isUpgrade ? new WebSocketUpgrade(parts.tunnels) : null;
    this.route = route;
    this.send = this.#upgrade?.send ?? sendUpstream;
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#incoming = incoming;
  }

  begin(params: Readonly<Record<string, string>>): Promise<Answer | undefined> | Answer {
    this.#snapshot.enter();
    this.route.metrics.started();
    try {
      const exchange = openExchange(
        this.#snapshot,
        this.route,
        params,
        this.#incoming,
        this.#incoming.startedAt,
      );
      this.#exchange = exchange;
      exchange.recordWith(this.#parts.recorder, this.route);
      return runWithLogContext(exchange.log, runExchange<Answer | undefined>, this, exchange);
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  conclude(response: ExchangeResponse, error: CartwayError | null): Answer | undefined {
    const exchange = this.#exchange;
    if (exchange === null) return this.#fail(error);
    try {
      exchange.error = error;
      exchange.status = response.status;
      const { debug } = this.#snapshot;
      if (debug?.hasOpened(exchange.decisions) === true)
        writeDebugHeaders(response.headers, exchange, exchange.decisions ?? []);
      const { server } = this.#incoming;
      const isOpen = this.#upgrade?.finish(response, exchange, server) ?? false;
      const { slowReaders } = this.#parts;
      return this.#leave(isOpen ? undefined : toAnswer(response, exchange, { server, slowReaders }));
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): Answer {
    const { request, requestId, trace = null, server, startedAt } = this.#incoming;
    const { route } = this;
    const error = toCartwayError(thrown);
    this.#upgrade?.abandon();
    if (this.#exchange === null) {
      const clientIp = clientAddress(request, server, this.#snapshot.proxies);
      this.#parts.recorder.refused({ request, requestId, trace, error, route, clientIp, startedAt });
    } else {
      this.#exchange.error = error;
      this.#exchange.status = error.status;
      this.#exchange.end();
    }
    return this.#leave(renderUnrouted(this.#snapshot, request, error, requestId));
  }

  #leave<A extends Answer | undefined>(answer: A): A {
    this.#snapshot.leave();
    this.route.metrics.finished(answer?.status ?? 101, (performance.now() - this.#incoming.startedAt) / 1000);
    return answer;
  }
}

export interface Incoming extends IdentifiedRequest {
  readonly server: Pick<AppServer, "requestIP">;
}

/** `own`: an endpoint of the gateway that takes precedence over a matching route. */
export type FoundRoute = MatchResult<CompiledRoute> | { readonly kind: "own"; readonly endpoint: string };

export function findRoute(snapshot: Snapshot, request: IncomingRequest, target: RequestTarget): FoundRoute {
  const match = matchRoute(snapshot, request, target);
  if (match.kind === "none" || (match.kind === "matched" && !match.route.givesWay)) return match;
  const endpoint =
    match.kind === "method"
      ? snapshot.own.find(target.path)
      : snapshot.own.before(match.route.match.path, target.path);
  return endpoint === null ? match : { kind: "own", endpoint };
}

/** Matches a CORS preflight by the method it asks about, where the route answers preflights. */
function matchRoute(
  snapshot: Snapshot,
  request: IncomingRequest,
  target: RequestTarget,
): MatchResult<CompiledRoute> {
  const match = snapshot.router.match(new RequestMatchInput(request, target, request.method));
  const asked = request.method === "OPTIONS" ? request.headers.get("access-control-request-method") : null;
  if (match.kind === "matched" || asked === null) return match;
  const asAsked = snapshot.router.match(new RequestMatchInput(request, target, asked));
  return asAsked.kind === "matched" && asAsked.route.hasCors ? asAsked : match;
}

/** Creates the exchange as the first policy sees it. */
export function openExchange(
  snapshot: Snapshot,
  route: CompiledRoute,
  params: Readonly<Record<string, string>>,
  incoming: Incoming,
  startedAt: number,
): GatewayExchange {
  const { request, server, requestId, target } = incoming;
  const { proxies, via, identities } = snapshot;
  const { ownHeaders } = identities;
  const peerIp = peerAddress(request, server);
  const isPeerTrusted = proxies.trusts(peerIp);
  const clientIp = isPeerTrusted
    ? clientIpOf(peerIp, request.headers.get("x-forwarded-for"), proxies)
    : peerIp;
  const { forwarded } = snapshot.config.server;
  const forwarding = {
    connection: request instanceof WireRequest ? request.origin : null,
    clientIp,
    peerIp,
    isPeerTrusted,
    scheme: target.scheme,
    requestId,
    via,
    forwarded,
    ownHeaders,
  };
  const path = route.rewritePath(target.path, params);
  const exchange = new GatewayExchange({
    incoming,
    startedAt,
    clientIp,
    isPeerTrusted,
    route,
    params,
    upstreamPath: target.query === "" ? path : `${path}?${target.query}`,
    upstreamHeaders: upstreamHeadersOf(request.headers, forwarding, route.withheldFields),
    snapshot,
  });
  if (route.totalMs > 0) exchange.deadline = startedAt + route.totalMs;
  return exchange;
}

function sendUpstream(route: CompiledRoute, exchange: Exchange): Promise<UpstreamResponse> {
  const { upstreamBody } = exchange;
  const read =
    upstreamBody === undefined ? readRequestBody(exchange, route.timeouts.idleMs) : bodyOf(upstreamBody);
  return read instanceof Promise ? sendLate(route, exchange, read) : sendWithBody(route, exchange, read);
}

async function sendLate(
  route: CompiledRoute,
  exchange: Exchange,
  body: Promise<RequestBody>,
): Promise<UpstreamResponse> {
  return sendWithBody(route, exchange, await body);
}

function sendWithBody(
  route: CompiledRoute,
  exchange: Exchange,
  { body, contentLength }: RequestBody,
): Promise<UpstreamResponse> {
  const answering = route.service ?? route.aggregate;
  if (answering === null) throw toCartwayError(new Error(`the route ${route.id} has no service`));
  return answering.send({
    method: exchange.method,
    path: exchange.upstreamPath,
    headers: exchange.upstreamHeaders,
    host: route.preservesHost ? exchange.request.headers.get("host") : null,
    body,
    contentLength,
    timeouts: route.timeouts,
    abortable: exchange,
    deadline: exchange.deadline,
    exchange,
    watcher: exchange.watcher,
    decisions: exchange.decisions,
  });
}

function bodyOf(body: Uint8Array | ReadableStream<Uint8Array> | null) {
  return { body, contentLength: body instanceof Uint8Array ? body.byteLength : null };
}
