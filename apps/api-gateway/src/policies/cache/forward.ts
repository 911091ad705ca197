import { discard } from "@libs/http1";
import type { Exchange, ExchangeResponse, Outcome } from "../../model/exchange/exchange.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import type { Next } from "../../model/exchange/policy.ts";
import { answerStored, isOfAnother, isUnchanged, notModified } from "./answer-stored.ts";
import type { Directives } from "../../model/http/cache-control.ts";
import { type Varied, variantOf, variedBy, varyNames } from "./cache-key.ts";
import { addCacheStatus, type ForwardReason } from "./cache-status.ts";
import { fillBody } from "./fill-body.ts";
import { mayStandIn } from "./judge-stored.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { CacheConfig } from "./schema.ts";
import type { PendingAnswer } from "./store/response-store.ts";
import type { StoredResponse } from "./stored-response.ts";
import { freshen, judgeStorable, ofOneCaller, type ResponseFacts } from "./to-stored.ts";

export interface ForwardParts {
  readonly cache: ResponseCache;
  readonly config: CacheConfig;
  /** See `PolicyRoute`. */
  readonly callerFields: ReadonlySet<string>;
  /** See `PolicyRoute`. */
  readonly answersBy: string;
  readonly now: () => number;
}

/** One request on its way through the cache. */
export interface Lookup {
  /** The address of its answer. */
  readonly key: string;
  /** Equal for requests that can share one answer. */
  readonly flight: string;
  /** The client's Cache-Control directives. */
  readonly directives: Directives;
}

export interface Forwarding extends Lookup {
  readonly next: Next;
  readonly reason: ForwardReason;
  /** `null` where the answer cannot be stored. */
  readonly pending: PendingAnswer | null;
  /** The stored answer to revalidate; `null` for none. */
  readonly stored: StoredResponse | null;
  /** The stored answer was given meanwhile, and may be: a failure does not take its place. */
  readonly isInBackground?: boolean;
  /** Called once the answer is stored, or will not be: with `true` where the service failed and a stored one was given. */
  readonly settled: (hasFailed?: boolean) => void;
}

export type Forwarded = "miss" | "revalidated" | "stale_if_error";

/** Forwards to the service, conditionally where an answer is stored, and stores what may be stored. */
export async function forward(
  parts: ForwardParts,
  exchange: Exchange,
  forwarding: Forwarding,
): Promise<{ readonly outcome: Outcome; readonly as: Forwarded }> {
  const { cache, config, callerFields, answersBy, now } = parts;
  const { stored, key, flight, next, pending, settled } = forwarding;
  const varied: Varied = { ...variedBy(exchange, answersBy), passed: exchange.upstreamHeaders.copy() };
  setConditions(exchange, stored, cache.isUncacheable(flight));
  const requestedAt = now();
  const outcome = await next(exchange);
  const receivedAt = now();
  const { response } = outcome;
  // a recipient with a clock adds a missing Date (RFC 9110, 6.6.1): without it a 304 would not refresh the stored answer's age
  if (!response.headers.has("date")) response.headers.append("date", new Date(receivedAt).toUTCString());
  const isPersonal = exchange.request.headers.has("authorization") || exchange.principal !== null;
  const { status, headers } = response;
  const isFallback = exchange.fallback !== null;
  const facts = { status, headers, requestedAt, receivedAt, isPersonal, isFallback, callerFields };
  if (
    stored !== null &&
    (isFailure(response.status) || exchange.fallback === "fixed") &&
    (forwarding.isInBackground === true || mayStandIn(stored, forwarding.directives, receivedAt))
  ) {
    settled(true);
    return standIn(exchange, { outcome, stored }, receivedAt);
  }
  // a policy's own answer, such as a redirect, may hold what the key leaves out, and costs no service anything
  if (outcome.error !== null || response.byPolicy === true) {
    settled();
    return { outcome, as: "miss" };
  }
  if (stored !== null && response.status === 304) {
    const { response: fresh, refusal } = freshen(stored, facts, config);
    if (refusal === null) await keep(parts, fresh, { varied, pending });
    else if (refusal !== ofOneCaller) await cache.delete(key);
    settled();
    const answer = answerStored(exchange, fresh, receivedAt);
    const detail = refusal === null ? {} : { detail: refusal };
    addCacheStatus(answer.headers, { ...statusOf(forwarding, 304, refusal === null), ...detail });
    return { outcome: { response: answer, error: null }, as: "revalidated" };
  }
  return {
    outcome: { response: store(parts, exchange, forwarding, { response, facts, varied }), error: null },
    as: "miss",
  };
}

interface Received {
  readonly response: ExchangeResponse;
  readonly facts: ResponseFacts;
  readonly varied: Varied;
}

/**
 * The answer for the client; its body is stored at the same time if allowed. A newer answer, stored or not, takes the place of the stored
 * one (RFC 9111, 4.3.3); a fallback's says nothing of it.
 */
function store(
  parts: ForwardParts,
  exchange: Exchange,
  forwarding: Forwarding,
  { response, facts, varied }: Received,
): ExchangeResponse {
  const { cache, config } = parts;
  const { key, flight, pending, settled } = forwarding;
  const { status, headers } = response;
  const replaceStored = async (): Promise<void> => {
    if (forwarding.stored !== null && exchange.fallback === null) await cache.delete(key);
  };
  // a HEAD has no body to store, and its headers do not replace those of a GET
  const verdict =
    exchange.method === "GET" ? judgeStorable(facts, config) : { stored: null, reason: "method" };
  const { stored: head } = verdict;
  const validators = { status, etag: headers.get("etag"), lastModified: headers.get("last-modified") };
  const isKnown = isUnchanged(exchange.request.headers, validators, facts.receivedAt);
  if (head === null) {
    const { reason } = verdict;
    const isGet = exchange.method === "GET";
    if (isGet && status < 500) cache.noteUncacheable(flight);
    const isNewer = isGet
      ? isAboutResource(status) && reason !== ofOneCaller
      : showsAnother(forwarding, validators);
    if (isNewer) void replaceStored().then(() => settled());
    else settled();
    addCacheStatus(headers, { ...statusOf(forwarding, status, false), detail: reason });
    if (!isKnown) return response;
    discard(response);
    return notModified(headers);
  }
  const { body, whole, discard: discardBody } = fillBody(response.body, config.entryBytesMax);
  whole
    .then((bytes) => {
      // the next body may be complete: a client that leaves must not keep others from sharing
      if (bytes === "broken_off") return undefined;
      if (bytes !== "too_large") return keep(parts, { ...head, body: bytes }, { varied, pending });
      cache.noteUncacheable(flight);
      return replaceStored();
    })
    .finally(() => settled())
    // Neither a whole body nor keeping one rejects.
    .catch(() => undefined);
  addCacheStatus(headers, statusOf(forwarding, status, true));
  if (!isKnown) return withBody(response, body);
  discardBody();
  return notModified(headers);
}

/** The same answer with the body in another stream, whose length is still known. */
function withBody(response: ExchangeResponse, body: ExchangeResponse["body"]): ExchangeResponse {
  const { streamed } = response;
  if (streamed?.body !== response.body || !(body instanceof ReadableStream)) return { ...response, body };
  return { ...response, body, streamed: { ...streamed, body } };
}

/** Whether the answer describes the resource, rather than the fate of this one request. */
function isAboutResource(status: number): boolean {
  return status < 400 || status === 404 || status === 410;
}

/** Whether a HEAD shows that the stored answer is outdated (RFC 9111, 4.3.5). */
function showsAnother(
  { stored }: Pick<Forwarding, "stored">,
  head: Pick<StoredResponse, "status" | "etag" | "lastModified">,
): boolean {
  return stored !== null && stored.status === head.status && isOfAnother(stored, head);
}

interface StoredPlace {
  readonly varied: Varied;
  readonly pending: PendingAnswer | null;
}

async function keep(
  { cache, config }: Pick<ForwardParts, "cache" | "config">,
  stored: StoredResponse,
  { varied, pending }: StoredPlace,
): Promise<void> {
  const names = varyNames([...new HeaderList([...stored.headers]).getAll("vary"), ...config.headers]);
  await cache.put(pending, { names, variant: variantOf(varied, names), response: stored });
}

/** Removes the client's own conditions, which the cache evaluates: the service must send a storable answer. */
function setConditions(exchange: Exchange, stored: StoredResponse | null, isUncacheable: boolean): void {
  const headers = exchange.upstreamHeaders;
  if (stored === null && isUncacheable) return;
  headers.delete("if-none-match");
  headers.delete("if-modified-since");
  if (stored === null) return;
  if (stored.etag !== null) headers.set("if-none-match", stored.etag);
  if (stored.lastModified !== null) headers.set("if-modified-since", stored.lastModified);
}

/** RFC 5861, section 4: what counts as an error. */
function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

function standIn(
  exchange: Exchange,
  { outcome, stored }: { readonly outcome: Outcome; readonly stored: StoredResponse },
  now: number,
): { readonly outcome: Outcome; readonly as: Forwarded } {
  discard(outcome.response);
  const response = answerStored(exchange, stored, now);
  const ttlMs = stored.freshMs - (now - stored.receivedAt) - stored.initialAgeMs;
  addCacheStatus(response.headers, { kind: "hit", ttlMs, detail: "stale-if-error" });
  return { outcome: { response, error: null }, as: "stale_if_error" };
}

/** @param isKept as far as the answer and the request say; nothing is while the store fails. */
function statusOf({ reason, pending }: Forwarding, status: number, isKept: boolean) {
  return { kind: "forwarded", reason, status, stored: isKept && pending !== null } as const;
}
