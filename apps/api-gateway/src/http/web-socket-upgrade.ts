import { type IncomingRequest, listedNames, type RequestHeaders, WireRequest } from "@libs/http1";
import type { AppServer } from "@libs/elysia-server";
import { CartwayError, toCartwayError } from "@libs/errors";
import { authorityOf } from "../model/upstream/authority-of.ts";
import { connectionFields } from "../model/http/connection-fields.ts";
import type { Exchange, ExchangeResponse } from "../model/exchange/exchange.ts";
import type { HeaderList } from "../model/http/header-list.ts";
import type { Service } from "../model/upstream/service.ts";
import { noTimings, type UpstreamResponse, type UpstreamTarget } from "../model/upstream/upstream.ts";
import type { CompiledRoute, WebSocketRoute } from "../pipeline/compiled-route.ts";
import { callerError, failureOf } from "../upstream/classify.ts";
import type { OpenResult } from "../upstream/websocket/open-upstream-socket.ts";
import { Tunnel } from "../upstream/websocket/tunnel.ts";
import type { TunnelPlace, Tunnels } from "../upstream/websocket/tunnels.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";

/** How many targets are tried where connecting fails. */
const attemptsMax = 3;

/** `Upgrade` means nothing over HTTP/1.0, and where `Connection` does not name it (RFC 9110, section 7.8). */
export function asksForWebSocket(request: IncomingRequest): boolean {
  const { method, headers } = request;
  if (method !== "GET" || headers.get("upgrade")?.toLowerCase() !== "websocket") return false;
  if (request instanceof WireRequest && !request.isHttp11) return false;
  return listedNames(headers.get("connection") ?? "").includes("upgrade");
}

/**
 * One upgrade: instead of the request, a handshake is sent to the service; if it accepts, the client's side is opened with the
 * subprotocol that the service chose. Until then, a refusal by the gateway or the service is an ordinary answer.
 */
export class WebSocketUpgrade {
  readonly #tunnels: Tunnels;
  #opened: { readonly tunnel: Tunnel; readonly place: TunnelPlace } | null = null;
  #exchange: GatewayExchange | null = null;

  constructor(tunnels: Tunnels) {
    this.#tunnels = tunnels;
  }

  readonly send = async (route: CompiledRoute, exchange: Exchange): Promise<UpstreamResponse> => {
    const { websocket, service } = route;
    if (websocket === null || service === null)
      throw toCartwayError(new Error(`the route ${route.id} accepts no WebSockets`));
    checkHandshake(exchange.request.headers, websocket.settings.origins);
    const { principal } = exchange;
    const place = this.#tunnels.admit(route.id, websocket.settings.connectionsMax, principal);
    let isOpen = false;
    try {
      const result = await open({ route, websocket, service }, exchange);
      if (result.kind === "refused") return answerOf({ ...result, headers: passedOn(result.headers) });
      const { fingerprint, settings, metrics } = websocket;
      const onEnd = (): void => {
        place.giveBack();
        this.#endExchange();
      };
      const upstream = result.socket;
      const of = { routeId: route.id, fingerprint, settings, principal };
      this.#opened = { tunnel: new Tunnel({ ...of, upstream, metrics, onEnd }), place };
      isOpen = true;
      return answerOf({ status: 101, reason: "", headers: passedOn(result.headers), body: null });
    } finally {
      if (!isOpen) place.giveBack();
    }
  };

  /** @returns false where an answer has to be sent instead. Otherwise the exchange ends with its WebSocket. */
  finish(response: ExchangeResponse, exchange: GatewayExchange, server: AppServer): boolean {
    if (this.#opened === null) return false;
    const { tunnel, place } = this.#opened;
    if (response.status !== 101) {
      tunnel.abandon();
      return false;
    }
    const headers = new Headers({ "x-request-id": exchange.requestId });
    const { raw } = response.headers;
    for (let index = 0; index < raw.length; index += 2)
      headers.append(raw[index] ?? "", raw[index + 1] ?? "");
    // Bun would choose the first one offered; an empty value selects none
    if (!headers.has("sec-websocket-protocol")) headers.set("sec-websocket-protocol", "");
    if (!server.upgrade(exchange.request, { data: tunnel, headers })) {
      tunnel.abandon();
      throw new CartwayError("bad_request", { message: "The WebSocket handshake is malformed." });
    }
    this.#exchange = exchange;
    this.#tunnels.add(tunnel, place);
    return true;
  }

  #endExchange(): void {
    const exchange = this.#exchange;
    if (exchange === null || this.#opened === null) return;
    const { bytesIn, bytesOut } = this.#opened.tunnel;
    exchange.bytesIn = bytesIn;
    exchange.bytesOut = bytesOut;
    exchange.end();
  }

  /** A later step failed. */
  abandon(): void {
    this.#opened?.tunnel.abandon();
  }
}

/** @throws CartwayError for an invalid handshake, and for pages of origins that are not allowed (RFC 6455, sections 4.2.1 and 10.2). */
export function checkHandshake(headers: RequestHeaders, origins: readonly string[] | undefined): void {
  if (headers.get("sec-websocket-version") !== "13") {
    const message = "Only version 13 of the WebSocket protocol is spoken here.";
    throw new CartwayError("upgrade_required", { message, headers: { "sec-websocket-version": "13" } });
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers.get("sec-websocket-key") ?? ""))
    throw new CartwayError("bad_request", { message: "The WebSocket handshake is malformed." });
  const origin = headers.get("origin");
  if (origins !== undefined && origin !== null && !origins.includes(origin.toLowerCase()))
    throw new CartwayError("forbidden", { message: "Pages of this origin may not connect." });
}

interface OpenedFor {
  readonly route: CompiledRoute;
  readonly websocket: WebSocketRoute;
  readonly service: Service;
}

/**
 * Tries another target only where the first cannot have received anything. For a target, the request is over once it has answered the
 * handshake: the open connection is bounded by the route, and no breaker waits for its end.
 */
async function open({ route, websocket, service }: OpenedFor, exchange: Exchange): Promise<OpenResult> {
  await service.firstTargets(exchange);
  const attempts = Math.min(attemptsMax, service.candidates().length);
  const tried: UpstreamTarget[] = [];
  for (;;) {
    const target = service.acquire(exchange, tried);
    tried.push(target.upstream);
    exchange.attempts = tried.length;
    const { connectMs, firstByteMs } = route.timeouts;
    try {
      const result = await websocket.openSocket({
        target: target.upstream,
        path: exchange.upstreamPath,
        host:
          (route.preservesHost ? exchange.request.headers.get("host") : null) ?? authorityOf(target.upstream),
        headers: exchange.upstreamHeaders,
        connectMs,
        answerMs: firstByteMs,
        messageBytesMax: websocket.settings.messageBytesMax,
        signal: exchange.signal,
      });
      exchange.connectMs = result.connectMs;
      exchange.firstByteMs = result.firstByteMs;
      target.release({ status: result.kind === "open" ? 101 : result.status });
      return result;
    } catch (thrown) {
      const failure = failureOf(thrown);
      const isRetried = failure.sent === "none" && failure.kind !== "aborted" && tried.length < attempts;
      target.release(failure, isRetried);
      if (!isRetried) throw callerError(failure, exchange);
    }
  }
}

const ownAnswerFields: ReadonlySet<string> = new Set([
  ...connectionFields,
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "content-length",
  "date",
]);

/** Without hop-by-hop fields (RFC 9110, section 7.6.1). */
function passedOn(headers: HeaderList): HeaderList {
  for (const value of headers.getAll("connection"))
    for (const name of listedNames(value)) headers.delete(name);
  for (const name of ownAnswerFields) headers.delete(name);
  return headers;
}

interface ServiceAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array | null;
}

function answerOf({ status, reason, headers, body }: ServiceAnswer): UpstreamResponse {
  const contentLength = body?.byteLength ?? null;
  return { status, statusText: reason, headers, body, contentLength, trailers: null, ...noTimings };
}
