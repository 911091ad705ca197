import { guardRequest, requestIdOf } from "@libs/elysia-server";
import { CartwayError, toCartwayError } from "@libs/errors";
import { findRoute, type FoundRoute, type Incoming, openExchange } from "../http/handle-request.ts";
import { readTarget } from "../http/request-target.ts";
import { hubPathsOf } from "../hub/hub-paths.ts";
import type { GatewayExchange } from "../http/gateway-exchange.ts";
import type { RequestTarget } from "../model/exchange/exchange.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import { nearestRoutes } from "../routing/nearest-routes.ts";
import { explainPolicies } from "./explain-policies.ts";
import { explainSending } from "./explain-sending.ts";
import type { AskedRequest, AssumedCaller, Ending, ExplainedPart, Explanation } from "./explanation.ts";
import { planUpstream } from "./plan-upstream.ts";

const nearestMax = 3;

/**
 * Predicts how a request would be handled: it is matched, and its exchange created, by the code that serves requests; policies report
 * what they would do, and nothing is sent. Credentials are verified for real; limits are only inspected.
 */
export async function explainRequest(snapshot: Snapshot, asked: AskedRequest): Promise<Explanation> {
  snapshot.enter();
  try {
    return await explain(snapshot, asked);
  } catch (thrown) {
    const error = toCartwayError(thrown);
    if (error.code === "internal") throw thrown;
    const { status, code, message } = error;
    return unrouted(asked, { kind: "malformed", status, code, message });
  } finally {
    snapshot.leave();
  }
}

async function explain(snapshot: Snapshot, asked: AskedRequest): Promise<Explanation> {
  const request = toRequest(asked);
  const target = readTarget(request, false, snapshot.config.server);
  const incoming: Incoming = { request, server: peer(asked.peerIp), requestId: requestIdOf(request), target };
  const match = matchRequest(snapshot, request, target);
  const taken = match.kind === "matched" ? match.route.id : match.kind === "own" ? match.endpoint : null;
  const near = nearestRoutes(
    snapshot.routes,
    { ...target, ...readers(request) },
    { taken, count: nearestMax },
  );
  if (match.kind === "matched") {
    const exchange = openExchange(snapshot, match.route, match.params, incoming, performance.now());
    exchange.principal = asked.caller === null ? null : assume(asked.caller);
    const followed = await followRoute(snapshot, match.route, exchange);
    const notes = [...notesOnHidden(snapshot, target), ...notesOnServices(snapshot, followed)];
    return { nearest: near, ...followed, notes, request: shown(asked, exchange) };
  }
  const { host, path } = target;
  const seen = unrouted(asked, endingOf(match));
  return { ...seen, nearest: near, request: { ...seen.request, host, path } };
}

/** Matches the hub first, then the gateway's own endpoints and routes by their common rule. */
function matchRequest(snapshot: Snapshot, request: Request, target: RequestTarget): FoundRoute {
  const { path } = target;
  const ofHub = hubPathsOf(snapshot.config.hub?.endpoints ?? []);
  if (ofHub.includes(path)) return { kind: "own", endpoint: path };
  const found = findRoute(snapshot, request, target);
  const own = found.kind === "none" ? snapshot.own.find(path) : null;
  return own === null ? found : { kind: "own", endpoint: own };
}

function endingOf(match: Exclude<FoundRoute, { kind: "matched" }>): Ending {
  switch (match.kind) {
    case "own":
      return { kind: "own-endpoint", endpoint: match.endpoint };
    case "method":
      return { kind: "method-not-allowed", allow: match.allow };
    case "none":
      return { kind: "not-routed" };
  }
}

async function followRoute(
  snapshot: Snapshot,
  route: CompiledRoute,
  exchange: GatewayExchange,
): Promise<Omit<Explanation, "request" | "nearest" | "notes">> {
  const { decisions, notReached, end: ended } = await explainPolicies(route, exchange);
  const end = ended ?? explainSending(route, exchange);
  const service = exchange.serviceId === null ? undefined : snapshot.services.get(exchange.serviceId);
  const parts = end === null ? partsOf(snapshot, route, exchange) : [];
  const gathered: Ending | null =
    parts.length === 0
      ? null
      : { kind: "aggregated", services: [...new Set(parts.map((part) => part.service))] };
  return {
    ending: end ?? gathered ?? { kind: "sent", service: service?.id ?? "none" },
    route: { id: route.id, path: route.match.path, params: exchange.params },
    policies: decisions,
    notReached,
    service: service === undefined ? null : { id: service.id, candidates: service.candidates() },
    upstream: end === null && gathered === null ? planUpstream(route, exchange) : null,
    parts,
  };
}

function partsOf(
  snapshot: Snapshot,
  { aggregate }: CompiledRoute,
  exchange: GatewayExchange,
): ExplainedPart[] {
  return (aggregate?.plan(exchange.params, exchange.upstreamPath) ?? []).map((part) => ({
    ...part,
    candidates: snapshot.services.get(part.service)?.candidates() ?? [],
  }));
}

function unrouted({ method, url }: AskedRequest, ending: Ending): Explanation {
  return {
    request: { method, url, host: null, path: null, clientIp: null },
    ending,
    route: null,
    nearest: [],
    policies: [],
    notReached: [],
    service: null,
    upstream: null,
    parts: [],
    notes: [],
  };
}

function shown({ method, url }: AskedRequest, { target, clientIp }: GatewayExchange): Explanation["request"] {
  return { method, url, host: target.host, path: target.path, clientIp };
}

/** @throws CartwayError for what the listener itself would refuse. */
function toRequest({ method, url, headers }: AskedRequest): Request {
  // URLs take a backslash for a slash, and leave white space out
  const parsed = /[\\\s]/.test(url) ? null : URL.parse(absolute(url));
  if (parsed === null) throw new CartwayError("invalid_path");
  // clients do not send them as part of the URL
  parsed.username = "";
  parsed.password = "";
  const fields = toHeaders(headers);
  if (!fields.has("host")) fields.set("host", parsed.host);
  const request = new Request(parsed.href, { method: isForbidden(method) ? "GET" : method, headers: fields });
  const refusal = isForbidden(method) ? new CartwayError("method_not_allowed") : guardRequest(request);
  if (refusal !== null) throw refusal;
  return request;
}

/** As terminals and scripts send them: in UTF-8, a character for each byte. */
function toHeaders(pairs: AskedRequest["headers"]): Headers {
  const headers = new Headers();
  try {
    for (const [name, value] of pairs) headers.append(name, Buffer.from(value).toString("latin1"));
  } catch (thrown) {
    throw new CartwayError("invalid_header", { cause: thrown });
  }
  return headers;
}

/** Methods that `Request` does not allow, and the listener refuses. */
function isForbidden(method: string): boolean {
  return /^(?:connect|trace|track)$/i.test(method);
}

function absolute(url: string): string {
  return url.startsWith("/") ? `http://localhost${url}` : url;
}

function peer(address: string): Incoming["server"] {
  return { requestIP: () => ({ address, family: address.includes(":") ? "IPv6" : "IPv4", port: 0 }) };
}

function readers(request: Request) {
  return { method: request.method, header: (name: string) => request.headers.get(name) };
}

function assume({ subject, roles, scopes, tenantId }: AssumedCaller): Principal {
  return {
    identity: "assumed",
    method: "jwt",
    subject,
    roles,
    scopes,
    tenantId,
    sessionId: null,
    plan: null,
    weight: 1,
    expiresAt: Number.POSITIVE_INFINITY,
    claims: { sub: subject },
  };
}

function notesOnHidden({ own }: Snapshot, { path }: RequestTarget): readonly string[] {
  const hidden = own.find(path);
  return hidden === null
    ? []
    : [`the gateway's own endpoint ${hidden} is hidden by this route, which spells it out`];
}

/** Notes for a request that reaches its service or services. */
function notesOnServices(
  { services }: Snapshot,
  { ending, service, parts }: Pick<Explanation, "ending" | "service" | "parts">,
): readonly string[] {
  const own = ending.kind !== "sent" || service === null ? [] : [service.id];
  const asked = new Set([...own, ...parts.map((part) => part.service)]);
  return [...asked].flatMap((id) => {
    const { targets = [], breaker = null, isDiscovered = false } = services.get(id)?.describe() ?? {};
    const isUnusable = targets.every(({ state }) => state !== "available");
    return [
      ...(isDiscovered ? [] : [`the targets of ${id} are not known yet`]),
      ...(isDiscovered && isUnusable ? [`no target of ${id} can be used at the moment`] : []),
      ...(breaker === "open" ? [`the breaker of ${id} is open`] : []),
    ];
  });
}
