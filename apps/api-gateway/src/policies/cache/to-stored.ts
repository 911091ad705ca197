import { HeaderList } from "../../model/http/header-list.ts";
import {
  type Directives,
  joinedLines,
  parseCacheControl,
  parseTargeted,
  ageMsOf,
  secondsOf,
} from "../../model/http/cache-control.ts";
import { addVary } from "../add-vary.ts";
import { isOfAnother } from "./answer-stored.ts";
import { varyNames } from "./cache-key.ts";
import { parseHttpDate } from "./http-date.ts";
import type { CacheConfig } from "./schema.ts";
import type { StoredResponse } from "./stored-response.ts";

export interface ResponseFacts {
  readonly status: number;
  readonly headers: HeaderList;
  /** When the request was sent and its answer's head had come; milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly receivedAt: number;
  /** The request carried credentials, or its caller is known: what is stored would be shared beyond them. */
  readonly isPersonal: boolean;
  /** The service failed, and something else answered: nothing is assumed of how long that holds. */
  readonly isFallback: boolean;
  /** Request fields that a policy sets to a value of the caller, after the cache has looked for what is stored. */
  readonly callerFields: ReadonlySet<string>;
}

/** Everything but the body. */
export type StoredHead = Omit<StoredResponse, "body">;

export type StoreVerdict =
  | { readonly stored: StoredHead; readonly reason?: never }
  | { readonly stored: null; readonly reason: string };

/** The reason for which an answer is only the caller's: it says nothing of the stored one, which others share. */
export const ofOneCaller = "authorization";

/** Statuses that are about a part, or about a stored answer, or not final. */
const neverStored: ReadonlySet<number> = new Set([206, 304, 416]);
/** Statuses that may be kept without having said so (RFC 9110, 15.1). */
const keepableByDefault: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
]);
/** Whose meaning for a cache is known here (RFC 9111, section 5.2.2.3). */
const understood: ReadonlySet<number> = new Set([
  ...keepableByDefault,
  302,
  303,
  307,
  400,
  401,
  403,
  500,
  502,
  503,
  504,
]);
/** Not stored: specific to one answer, or to one connection. */
const notKept: ReadonlySet<string> = new Set(["age", "cache-status", "content-length"]);

/** Whether a shared cache may store an answer to a GET (RFC 9111, section 3), and for how long. */
export function judgeStorable(facts: ResponseFacts, config: CacheConfig): StoreVerdict {
  const { status, headers } = facts;
  const { directives, isTargeted } = directivesOf(headers);
  const refusal = refusalOf(facts, directives, config);
  if (refusal !== null) return { stored: null, reason: refusal };
  const freshMs = freshnessOf(facts, directives, { isTargeted, config });
  if (freshMs === null) return { stored: null, reason: "no-freshness" };
  const etag = headers.get("etag");
  const lastModified = headers.get("last-modified");
  const noCache = directives.has("no-cache");
  const isUseless = (noCache || freshMs === 0) && etag === null && lastModified === null;
  const stale = staleWindows(directives, config);
  if (isUseless && stale.staleWhileRevalidateMs === 0 && stale.staleIfErrorMs === 0)
    return { stored: null, reason: "stale-at-once" };
  return {
    stored: {
      status,
      headers: keptHeaders(headers),
      receivedAt: facts.receivedAt,
      initialAgeMs: initialAge(facts),
      freshMs,
      ...stale,
      noCache,
      mustRevalidate: mustRevalidate(directives),
      etag,
      lastModified,
    },
  };
}

export interface Freshened {
  readonly response: StoredResponse;
  /** Why it must not be kept any more; `null` where it may be. */
  readonly refusal: string | null;
}

/**
 * The stored answer with the fields of a 304 (RFC 9111, section 3.2); unchanged after one with the validators of another representation,
 * which are not those of the stored body (section 4.3.4).
 */
export function freshen(stored: StoredResponse, facts: ResponseFacts, config: CacheConfig): Freshened {
  const merged = facts.headers;
  const told = { etag: merged.get("etag"), lastModified: merged.get("last-modified") };
  if (isOfAnother(stored, told)) return { response: stored, refusal: "other-validator" };
  const said = new Set(merged.raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  // a 304 may omit Vary names that the stored body depends on, such as that of a compressed answer
  if (said.has("vary")) addVary(merged, ...varyNames(new HeaderList([...stored.headers]).getAll("vary")));
  for (let index = 0; index < stored.headers.length; index += 2) {
    const name = stored.headers[index] ?? "";
    if (!said.has(name.toLowerCase())) merged.append(name, stored.headers[index + 1] ?? "");
  }
  const verdict = judgeStorable({ ...facts, status: stored.status, headers: merged }, config);
  if (verdict.stored !== null) return { response: { ...verdict.stored, body: stored.body }, refusal: null };
  const { receivedAt } = facts;
  const updated = { headers: keptHeaders(merged), receivedAt, initialAgeMs: initialAge(facts) };
  return { response: { ...stored, ...updated }, refusal: verdict.reason };
}

function refusalOf(
  { status, headers, isPersonal, callerFields }: ResponseFacts,
  directives: Directives,
  { storesSetCookie }: CacheConfig,
): string | null {
  if (status < 200 || neverStored.has(status)) return "status";
  const isUnderstood = directives.has("must-understand") && understood.has(status);
  if (directives.has("must-understand") && !isUnderstood) return "must-understand";
  if (directives.has("no-store") && !isUnderstood) return "no-store";
  if (directives.has("private")) return "private";
  if (!storesSetCookie && headers.has("set-cookie")) return "set-cookie";
  const varied = varyNames(headers.getAll("vary"));
  if (varied.some((name) => name.includes("*"))) return "vary-all";
  if (varied.some((name) => callerFields.has(name))) return "vary-transformed";
  // RFC 9111, section 3.5
  const isShareable =
    directives.has("public") || directives.has("s-maxage") || directives.has("must-revalidate");
  return isPersonal && !isShareable ? ofOneCaller : null;
}

/** RFC 9111, section 4.2.1. `null` if no lifetime is stated; none is assumed. */
function freshnessOf(
  facts: ResponseFacts,
  directives: Directives,
  { isTargeted, config }: { readonly isTargeted: boolean; readonly config: CacheConfig },
): number | null {
  const said = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (said !== null) return said;
  const expires = isTargeted ? null : joinedLines(facts.headers, "expires");
  if (expires !== null) return Math.max(0, (parseHttpDate(expires, facts.receivedAt) ?? 0) - dateOf(facts));
  const isUsual = keepableByDefault.has(facts.status) || directives.has("public");
  const isAssumable = isUsual && !facts.isFallback && !isEventStream(facts);
  if (isAssumable && config.defaultTtlSeconds > 0) return config.defaultTtlSeconds * 1000;
  return directives.has("no-cache") ? 0 : null;
}

/** Events are of the moment, and their stream has no end that others could wait for. */
function isEventStream({ headers }: ResponseFacts): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
}

/** RFC 5861; the config applies if the answer states nothing. Directives that forbid stale answers take precedence. */
function staleWindows(directives: Directives, config: CacheConfig) {
  if (directives.has("must-revalidate") || directives.has("proxy-revalidate") || directives.has("no-cache"))
    return { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
  // s-maxage alone means proxy-revalidate; together with a stale window, services use it to address shared caches
  const assumed = (window: number): number => (directives.has("s-maxage") ? 0 : window * 1000);
  return {
    staleWhileRevalidateMs:
      secondsOf(directives, "stale-while-revalidate") ?? assumed(config.staleWhileRevalidateSeconds),
    staleIfErrorMs: secondsOf(directives, "stale-if-error") ?? assumed(config.staleIfErrorSeconds),
  };
}

function mustRevalidate(directives: Directives): boolean {
  return ["must-revalidate", "proxy-revalidate", "s-maxage"].some((name) => directives.has(name));
}

/** RFC 9111, section 4.2.3. */
function initialAge(facts: ResponseFacts): number {
  const { headers, requestedAt, receivedAt } = facts;
  const apparentMs = Math.max(0, receivedAt - dateOf(facts));
  const correctedMs = ageMsOf(headers) + (receivedAt - requestedAt);
  // Date has a resolution of seconds: anything younger than one counts as current.
  return Math.max(apparentMs < 1000 ? 0 : apparentMs, correctedMs);
}

function dateOf({ headers, receivedAt }: ResponseFacts): number {
  return parseHttpDate(headers.get("date") ?? "", receivedAt) ?? receivedAt;
}

function keptHeaders({ raw }: HeaderList): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (!notKept.has(name.toLowerCase())) kept.push(name, raw[index + 1] ?? "");
  }
  return kept;
}

/** A targeted field for this kind of cache takes precedence over Cache-Control and Expires (RFC 9213). */
function directivesOf(headers: HeaderList): {
  readonly directives: Directives;
  readonly isTargeted: boolean;
} {
  const targeted = parseTargeted(joinedLines(headers, "cdn-cache-control"));
  if (targeted !== null) return { directives: targeted, isTargeted: true };
  return { directives: parseCacheControl(joinedLines(headers, "cache-control")), isTargeted: false };
}
