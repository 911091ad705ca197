import { discard, type RequestHeaders } from "@libs/http1";
import { CartwayError } from "@libs/errors";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import type { Exchange, Outcome } from "../../model/exchange/exchange.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Next } from "../../model/exchange/policy.ts";
import { answerStored } from "./answer-stored.ts";
import { type Directives, parseCacheControl } from "../../model/http/cache-control.ts";
import { type CacheKey, compileCacheKey, compileFlightKey, variantOf, variedBy } from "./cache-key.ts";
import type { CacheMetrics } from "./cache-metrics.ts";
import { addCacheStatus, type ForwardReason, type StaleDetail } from "./cache-status.ts";
import { type Forwarding, type ForwardParts, forward, type Lookup } from "./forward.ts";
import { judgeStored, mayStandIn } from "./judge-stored.ts";
import { invalidatedKeys, requestKind } from "./request-kind.ts";
import type { FlightEnd, ResponseCache } from "./response-cache.ts";
import type { CacheConfig } from "./schema.ts";
import type { PendingAnswer } from "./store/response-store.ts";
import { ageOf, type StoredResponse } from "./stored-response.ts";

export interface RouteCacheOptions {
  readonly cache: ResponseCache;
  readonly config: CacheConfig;
  readonly counted: CacheMetrics;
  /** See `PolicyRoute`. */
  readonly callerFields: ReadonlySet<string>;
  /** See `PolicyRoute`. */
  readonly answersBy: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One request that the cache has to do with. */
interface Asked extends Lookup {
  readonly exchange: Exchange;
  readonly next: Next;
  /** `performance.now()` until which it waits for others' requests, all of them together; absent before the first. */
  readonly waitsUntil?: number;
}

interface WaitingOne extends Asked {
  readonly waitsUntil: number;
}

/** The stored answer if it may be served; otherwise the reason why not. */
type Judged =
  | { readonly given: Outcome; readonly reason?: never }
  | { readonly given: null; readonly reason: ForwardReason };

/** Deadline of a background revalidation. */
const backgroundMs = 30_000;
const noDirectives: Directives = new Map();

/** One route's use of its cache. */
export class RouteCache {
  readonly #options: RouteCacheOptions;
  readonly #forwarding: ForwardParts;
  readonly #keyOf: CacheKey;
  readonly #flightOf: ReturnType<typeof compileFlightKey>;

  constructor(options: RouteCacheOptions) {
    const { config } = options;
    this.#options = options;
    this.#forwarding = options;
    this.#keyOf = compileCacheKey(config);
    this.#flightOf = compileFlightKey(config, options.answersBy);
  }

  around(exchange: Exchange, next: Next): MaybePromise<Outcome> {
    const kind = requestKind(exchange);
    if (kind !== "cacheable") return this.#bypass(exchange, next, kind);
    const asked = { ...this.#lookup(exchange), exchange, next };
    if (asked.directives.has("no-store")) return this.#bypass(exchange, next, "request");
    const stored = this.#find(asked);
    return stored instanceof Promise
      ? stored.then((late) => this.#decide(asked, late))
      : this.#decide(asked, stored);
  }

  async explain(exchange: Exchange): Promise<PolicyVerdict> {
    const { cache, now } = this.#options;
    const { name } = cache;
    const { serviceId: service } = exchange;
    const kind = requestKind(exchange);
    if (kind !== "cacheable") return { verdict: "skip", inputs: { cache: name, request: kind } };
    const { key, directives } = this.#lookup(exchange);
    const stored = await this.#find({ exchange, key });
    if (stored === null) return { verdict: "pass", inputs: { cache: name, key, service, stored: false } };
    const { use } = judgeStored(stored, directives, now());
    const ageSeconds = Math.floor(ageOf(stored, now()) / 1000);
    const freshSeconds = Math.floor(stored.freshMs / 1000);
    const inputs = { cache: name, key, service, stored: true, use, ageSeconds, freshSeconds };
    if (use === "revalidate") return { verdict: "pass", inputs };
    return { verdict: "answer", inputs, status: stored.status };
  }

  #lookup(exchange: Exchange): Lookup {
    const { clientDirectives } = this.#options.config;
    const directives = clientDirectives ? directivesOf(exchange.request.headers) : noDirectives;
    const key = this.#keyOf(exchange);
    return { key, flight: this.#flightOf(exchange, key), directives };
  }

  #find({ exchange, key }: Pick<Asked, "exchange" | "key">): MaybePromise<StoredResponse | null> {
    const { cache, answersBy } = this.#options;
    return cache.get(key, (names) => variantOf(variedBy(exchange, answersBy), names));
  }

  #decide(asked: Asked, stored: StoredResponse | null): MaybePromise<Outcome> {
    const { cache, config } = this.#options;
    const { given, reason } = this.#judge(asked, stored);
    if (given !== null) return given;
    if (asked.directives.has("only-if-cached"))
      throw new CartwayError("not_cached", { message: "This response is not in the cache." });
    const isShared = asked.exchange.method === "GET" && reason !== "request" && config.waitMaxMs > 0;
    const flight = isShared ? cache.flightOf(asked.flight) : undefined;
    const waitsUntil = asked.waitsUntil ?? performance.now() + config.waitMaxMs;
    if (flight !== undefined && !cache.isUncacheable(asked.flight) && performance.now() < waitsUntil)
      return this.#waitFor(flight, { ...asked, waitsUntil });
    return this.#ask(asked, { stored, reason, settled: isShared ? this.#startFlight(asked) : nothing });
  }

  #startFlight({ exchange, flight, key }: Asked): Forwarding["settled"] {
    const endFlight = this.#options.cache.startFlight(flight, key);
    return (hasFailed = false) => {
      const end = hasFailed ? "failed" : "answered";
      endFlight(exchange.signal.aborted ? "abandoned" : end);
    };
  }

  #judge(asked: Asked, stored: StoredResponse | null): Judged {
    if (stored === null) return { given: null, reason: "miss" };
    const verdict = judgeStored(stored, asked.directives, this.#options.now());
    if (verdict.use === "revalidate") return { given: null, reason: verdict.reason };
    if (verdict.use === "stale-while-revalidate") this.#askInBackground(asked, stored);
    return { given: this.#serve(asked, stored, verdict.use === "fresh" ? undefined : verdict.use) };
  }

  #serve({ exchange }: Asked, stored: StoredResponse, detail?: StaleDetail): Outcome {
    const { counted } = this.#options;
    const now = this.#options.now();
    const response = answerStored(exchange, stored, now);
    const status = { kind: "hit", ttlMs: stored.freshMs - ageOf(stored, now) } as const;
    addCacheStatus(response.headers, detail === undefined ? status : { ...status, detail });
    if (detail === undefined) counted.hit();
    else counted.count(detail === "stale-if-error" ? "stale_if_error" : "stale");
    return { response, error: null };
  }

  /**
   * Waits for another request's answer, then asks the service independently of others. If that request's client has left, one of the
   * waiting requests asks in its place, not all of them; if the service failed, a stored answer may be given here, too.
   */
  async #waitFor(flight: Promise<FlightEnd>, asked: WaitingOne): Promise<Outcome> {
    const { counted, now } = this.#options;
    const { signal } = asked.exchange;
    const end = await within(flight, asked.waitsUntil - performance.now(), signal);
    const stored = await this.#find(asked);
    const { given, reason } = this.#judge(asked, stored);
    if (given !== null) {
      counted.count("collapsed");
      return given;
    }
    if (end === "abandoned" && !signal.aborted) return await this.#decide(asked, stored);
    if (end === "failed" && stored !== null && mayStandIn(stored, asked.directives, now()))
      return this.#serve(asked, stored, "stale-if-error");
    return await this.#ask(asked, { stored, reason, settled: nothing });
  }

  async #ask(
    { exchange, next, key, flight, directives }: Asked,
    how: Pick<Forwarding, "stored" | "reason" | "settled">,
  ): Promise<Outcome> {
    const { cache, counted } = this.#options;
    const begun = cache.begin(key);
    const pending = begun instanceof Promise ? await begun : begun;
    const settled = (hasFailed?: boolean): void => {
      pending?.end();
      how.settled(hasFailed);
    };
    try {
      const forwarding = { next, key, flight, directives, pending, ...how, settled };
      const { outcome, as } = await forward(this.#forwarding, exchange, forwarding);
      counted.count(as);
      return outcome;
    } catch (thrown) {
      settled();
      throw thrown;
    }
  }

  /** Background revalidation, one at a time per address. A failure changes nothing: the stale answer was served already. */
  #askInBackground({ exchange, next, key, flight, directives }: Asked, stored: StoredResponse): void {
    const { cache, counted } = this.#options;
    if (exchange.method !== "GET" || cache.flightOf(flight) !== undefined) return;
    const detached = exchange.detach(AbortSignal.timeout(backgroundMs));
    const endFlight = cache.startFlight(flight, key);
    let pending: PendingAnswer | null = null;
    const settled = (): void => {
      pending?.end();
      endFlight("answered");
      detached.end();
    };
    const refresh = async (): Promise<void> => {
      pending = await cache.begin(key);
      const asked = { next, key, flight, directives, pending, stored, settled };
      const forwarding = { ...asked, reason: "stale", isInBackground: true } as const;
      const { outcome, as } = await forward(this.#forwarding, detached, forwarding);
      counted.count(as === "miss" ? "refreshed" : as);
      discard(outcome.response);
    };
    refresh().catch(settled);
  }

  async #bypass(exchange: Exchange, next: Next, reason: "bypass" | "method" | "request"): Promise<Outcome> {
    const { cache, counted } = this.#options;
    const outcome = await next(exchange);
    const { status, headers } = outcome.response;
    if (status !== 101) addCacheStatus(headers, { kind: "forwarded", reason, status, stored: false });
    counted.count("bypass");
    if (reason === "method" && status >= 200 && status < 400)
      await Promise.all(invalidatedKeys(exchange, headers, this.#keyOf).map((key) => cache.invalidate(key)));
    return outcome;
  }
}

function nothing(): void {
  // nobody waits for this one
}

/** Pragma speaks where Cache-Control does not (RFC 9111, section 5.4). */
function directivesOf(headers: RequestHeaders): Directives {
  const value = headers.get("cache-control");
  if (value !== null) return parseCacheControl(value);
  return headers.get("pragma")?.toLowerCase().includes("no-cache") === true
    ? new Map([["no-cache", true]])
    : noDirectives;
}

/** Resolves with the result of the work, or with `null` when the time is over or the signal aborts. */
async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T | null> {
  const over = Promise.withResolvers<null>();
  const timer = setTimeout(over.resolve, ms, null);
  const leave = (): void => over.resolve(null);
  signal.addEventListener("abort", leave, { once: true });
  const result = await Promise.race([work, over.promise]);
  clearTimeout(timer);
  signal.removeEventListener("abort", leave);
  return result;
}
