import { type AppServer, requestIdOf } from "@libs/elysia-server";
import type { IncomingRequest } from "@libs/http1";
import { renderError, toCartwayError } from "@libs/errors";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { HubConfig } from "../config/schema.ts";
import type { EndpointSlot } from "../endpoint.ts";
import { openEventStream, poll, sendFrames } from "../fallback/fallback-requests.ts";
import type { HubContext } from "../hub-context.ts";
import { type fallbackNames, publishPath, ticketPath } from "../hub-paths.ts";
import type { HubDeps, SelectedIdentities, SelectIdentities } from "../hub-deps.ts";
import type { Slots } from "../slots.ts";
import { recordAttempt } from "../refused-attempt.ts";
import { type OnRefused, type UpgradeRequest, upgrade } from "../upgrade/upgrade.ts";
import { crossOriginHeaders } from "./cross-origin.ts";
import type { HubCall } from "./present-credentials.ts";
import { publishOverHttp } from "./publish.ts";
import { answerService, isServicePath } from "./service-questions.ts";
import { issueTicket } from "./ws-ticket.ts";

export type RequestRouter = (
  request: IncomingRequest,
  server: AppServer,
  onRefused: OnRefused,
) => MaybePromise<Response | undefined> | null;

/** The identities that may publish, and those that may get a ticket; `null` if there are none. */
export interface HubIdentities {
  readonly publishers: SelectedIdentities | null;
  readonly callers: SelectedIdentities | null;
}

export function selectHubIdentities(
  { publish, endpoints }: HubConfig,
  select: SelectIdentities,
): HubIdentities {
  const selectAny = (names: readonly string[]) => (names.length === 0 ? null : select(names));
  const ofEndpoints = endpoints.flatMap(({ authenticate }) => authenticate.with);
  return { publishers: selectAny(publish.with), callers: selectAny([...new Set(ofEndpoints)]) };
}

export interface RequestRouterParts extends HubIdentities {
  readonly hub: HubContext;
  readonly slots: Slots;
  readonly deps: Pick<HubDeps, "clientIp" | "isPeerTrusted" | "originalOf">;
}

/** Dispatches requests to the hub's paths. Compiled once per config. */
export function createRequestRouter(parts: RequestRouterParts): RequestRouter {
  const { hub, slots, deps, publishers, callers } = parts;
  return (request, server, onRefused) => {
    const { path, query } = splitUrl(request.url);
    const slot = slots.get(path);
    const fallback = slot === undefined ? findFallback(slots, path) : null;
    const isOther = path !== publishPath && path !== ticketPath && !isServicePath(path);
    if (slot === undefined && fallback === null && isOther) return null;
    const open = (on: EndpointSlot): UpgradeRequest => ({
      request,
      server,
      slot: on,
      query,
      ip: deps.clientIp(request, server),
      isPeerTrusted: deps.isPeerTrusted(request, server),
      original: deps.originalOf(request, server),
      onRefused,
    });
    if (slot !== undefined) return upgrade(hub, open(slot));
    /** Reports refused attempts as security events, and passes the error on. */
    const onRecord = (answer: Promise<Response>, on = path): Promise<Response> =>
      answer.catch((thrown: unknown) => {
        const place = { route: `hub ${on}`, address: deps.clientIp(request, server) };
        recordAttempt(hub.securityEvents, thrown, place);
        throw thrown;
      });
    if (fallback !== null)
      return withCrossOrigin({ slots, request, onRefused }, () =>
        onRecord(fallback.answer(hub, open(fallback.slot)), fallback.slot.current.path),
      );
    const call = (): HubCall => ({
      request,
      isPeerTrusted: deps.isPeerTrusted(request, server),
      original: deps.originalOf(request, server),
    });
    if (path === publishPath) return onRecord(publishOverHttp(hub, call(), publishers));
    if (isServicePath(path)) return onRecord(answerService(hub, call(), { path, identities: publishers }));
    return withCrossOrigin({ slots, request, onRefused }, () => onRecord(issueTicket(hub, call(), callers)));
  };
}

const fallbacks = { sse: openEventStream, send: sendFrames, poll } as const satisfies Record<
  (typeof fallbackNames)[number],
  typeof openEventStream
>;

/** `<endpoint>/sse`, `/send` and `/poll`: the same frames for networks that block WebSockets. */
function findFallback(
  slots: Slots,
  path: string,
): { slot: EndpointSlot; answer: typeof openEventStream } | null {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name !== "sse" && name !== "send" && name !== "poll") return null;
  const slot = slots.get(path.slice(0, slash));
  return slot === undefined ? null : { slot, answer: fallbacks[name] };
}

interface CrossOriginCall {
  readonly slots: Slots;
  readonly request: IncomingRequest;
  readonly onRefused: OnRefused;
}

/** Answers preflights, and allows pages of origins that may connect to read the answer. */
async function withCrossOrigin(
  { slots, request, onRefused }: CrossOriginCall,
  answer: () => Promise<Response>,
): Promise<Response> {
  const headers = crossOriginHeaders(slots.values(), request);
  if (request.method === "OPTIONS" && headers !== null) return new Response(null, { status: 204, headers });
  const response = await answer().catch((thrown: unknown) => {
    const error = toCartwayError(thrown);
    onRefused(error);
    return renderError(error, requestIdOf(request));
  });
  for (const [name, value] of Object.entries(headers ?? {})) response.headers.set(name, value);
  return response;
}

/** Splits without `new URL`, which costs more than all checks of an upgrade. A relative URL has none of the hub's paths. */
function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const scheme = url.indexOf("://");
  const start = scheme === -1 ? -1 : url.indexOf("/", scheme + 3);
  if (start === -1) return { path: "", query: "" };
  const mark = url.indexOf("?", start);
  if (mark === -1) return { path: url.slice(start), query: "" };
  const hash = url.indexOf("#", mark);
  return { path: url.slice(start, mark), query: url.slice(mark + 1, hash === -1 ? undefined : hash) };
}
