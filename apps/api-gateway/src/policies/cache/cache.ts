import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import type { Exchange, Outcome } from "../../model/exchange.ts";
import type { Next, PolicyDefinition } from "../../model/policy.ts";
import { answerStored } from "./answer-stored.ts";
import { type Directives, parseCacheControl } from "./cache-control.ts";
import { compileCacheKey, variantOf } from "./cache-key.ts";
import { createCacheMetrics } from "./cache-metrics.ts";
import type { CachePool } from "./cache-pool.ts";
import { addCacheStatus, type CacheOutcome, type ForwardReason } from "./cache-status.ts";
import { discard, forward, type Lookup } from "./forward.ts";
import { invalidatedKeys, requestKind } from "./request-kind.ts";
import { judgeStored } from "./judge-stored.ts";
import { cacheSchema } from "./schema.ts";
import { ageOf, type StoredResponse } from "./stored-response.ts";

export interface CacheDeps {
  readonly caches: CachePool;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** How long a question asked in the background may take. */
const backgroundMs = 30_000;
const noDirectives: Directives = new Map();

/**
 * A shared cache (RFC 9111) for GET and HEAD: keeps what the service allows to be kept, gives it while it is fresh, asks whether
 * it still holds when it is not, and lets one request fetch what many want. What it did stands in `Cache-Status` (RFC 9211).
 */
export const cachePolicy: PolicyDefinition<typeof cacheSchema, CacheDeps> = {
  type: "cache",
  phase: "cache",
  schema: cacheSchema,
  create(config, deps, route) {
    const { store, bytesMax, entriesMax, storeTimeoutMs } = config;
    const name = config.name ?? `route ${route.id}`;
    const spec = { name, store, bytesMax, entriesMax, storeTimeoutMs };
    const { value: cache, release } = deps.caches.acquire(spec);
    const { now } = deps;
    const keyOf = compileCacheKey(config);
    const counted = createCacheMetrics(deps.metrics, { cache: name, route: route.id });
    const parts = { cache, config, now };

    const lookupOf = (exchange: Exchange): Lookup => ({
      key: keyOf(exchange),
      directives: config.clientDirectives ? directivesOf(exchange.request.headers) : noDirectives,
    });
    const find = (exchange: Exchange, key: string) =>
      cache.get(key, (names) =>
        variantOf({ sent: exchange.request.headers, passed: exchange.upstreamHeaders }, names),
      );

    function give(
      exchange: Exchange,
      stored: StoredResponse,
      detail?: "stale" | "stale-while-revalidate",
    ): Outcome {
      const at = now();
      const response = answerStored(exchange, stored, at);
      const status = { kind: "hit", ttlMs: stored.freshMs - ageOf(stored, at) } as const;
      addCacheStatus(response.headers, detail === undefined ? status : { ...status, detail });
      if (detail === undefined) counted.hit();
      else counted.count("stale");
      return { response, error: null };
    }

    /** What is stored, if it may be given; otherwise why not. */
    function judge(exchange: Exchange, next: Next, lookup: Lookup, stored: StoredResponse | null) {
      if (stored === null) return { given: null, reason: "miss" } as const;
      const verdict = judgeStored(stored, lookup.directives, now());
      if (verdict.use === "revalidate") return { given: null, reason: verdict.reason };
      if (verdict.use === "stale-while-revalidate") askInBackground(exchange, next, lookup, stored);
      return { given: give(exchange, stored, verdict.use === "fresh" ? undefined : verdict.use) } as const;
    }

    function decide(
      exchange: Exchange,
      next: Next,
      lookup: Lookup,
      stored: StoredResponse | null,
    ): Outcome | Promise<Outcome> {
      const { given, reason } = judge(exchange, next, lookup, stored);
      if (given !== null) return given;
      if (lookup.directives.has("only-if-cached"))
        throw new CartwayError("not_cached", { message: "This is not in the cache." });
      const isShared = exchange.method === "GET" && reason !== "request" && config.waitMaxMs > 0;
      const flight = isShared ? cache.flightOf(lookup.key) : undefined;
      if (flight !== undefined && !cache.isUncacheable(lookup.key))
        return waitFor(flight, exchange, next, lookup);
      return ask(exchange, next, lookup, { stored, reason, isShared });
    }

    async function waitFor(
      flight: Promise<void>,
      exchange: Exchange,
      next: Next,
      lookup: Lookup,
    ): Promise<Outcome> {
      await within(flight, config.waitMaxMs, exchange.signal);
      const stored = await find(exchange, lookup.key);
      const { given, reason } = judge(exchange, next, lookup, stored);
      if (given === null) return ask(exchange, next, lookup, { stored, reason, isShared: false });
      counted.count("collapsed");
      return given;
    }

    async function ask(
      exchange: Exchange,
      next: Next,
      lookup: Lookup,
      {
        stored,
        reason,
        isShared,
      }: { stored: StoredResponse | null; reason: ForwardReason; isShared: boolean },
    ): Promise<Outcome> {
      const settled = isShared ? cache.takeOff(lookup.key) : () => undefined;
      try {
        const { outcome, as } = await forward(parts, exchange, next, { ...lookup, reason, stored, settled });
        counted.count(as);
        return outcome;
      } catch (thrown) {
        settled();
        throw thrown;
      }
    }

    /** One at a time for an address. Its failure is nobody's: the answer that was given stays what it was. */
    function askInBackground(exchange: Exchange, next: Next, lookup: Lookup, stored: StoredResponse): void {
      if (exchange.method !== "GET" || cache.flightOf(lookup.key) !== undefined) return;
      const detached = exchange.detach(AbortSignal.timeout(backgroundMs));
      const land = cache.takeOff(lookup.key);
      const settled = (): void => {
        land();
        detached.end();
      };
      const refresh = async (): Promise<void> => {
        const { outcome, as } = await forward(parts, detached, next, {
          ...lookup,
          reason: "stale",
          stored,
          settled,
        });
        counted.count(as === "miss" ? "refreshed" : as);
        discard(outcome.response);
      };
      refresh().catch(settled);
    }

    async function passBy(
      exchange: Exchange,
      next: Next,
      reason: "bypass" | "method" | "request",
    ): Promise<Outcome> {
      const outcome = await next(exchange);
      const { status, headers } = outcome.response;
      const told: CacheOutcome = { kind: "forwarded", reason, status, stored: false };
      if (status !== 101) addCacheStatus(headers, told);
      counted.count("bypass");
      if (reason === "method" && status >= 200 && status < 400)
        await Promise.all(invalidatedKeys(exchange, headers, keyOf).map((key) => cache.delete(key)));
      return outcome;
    }

    return {
      around(exchange, next) {
        const kind = requestKind(exchange);
        if (kind !== "cacheable") return passBy(exchange, next, kind);
        const lookup = lookupOf(exchange);
        if (lookup.directives.has("no-store")) return passBy(exchange, next, "request");
        const stored = find(exchange, lookup.key);
        return stored instanceof Promise
          ? stored.then((late) => decide(exchange, next, lookup, late))
          : decide(exchange, next, lookup, stored);
      },
      async explain(exchange) {
        const kind = requestKind(exchange);
        const lookup = lookupOf(exchange);
        if (kind !== "cacheable") return { verdict: "skip", inputs: { cache: name, request: kind } };
        const stored = await find(exchange, lookup.key);
        if (stored === null)
          return { verdict: "pass", inputs: { cache: name, key: lookup.key, stored: false } };
        const { use } = judgeStored(stored, lookup.directives, now());
        const ageSeconds = Math.floor(ageOf(stored, now()) / 1000);
        const freshSeconds = Math.floor(stored.freshMs / 1000);
        const inputs = { cache: name, key: lookup.key, stored: true, use, ageSeconds, freshSeconds };
        if (use === "revalidate") return { verdict: "pass", inputs };
        return { verdict: "answer", inputs, status: stored.status };
      },
      dispose: release,
    };
  },
};

/** Pragma speaks where Cache-Control does not (RFC 9111, section 5.4). */
function directivesOf(headers: Headers): Directives {
  const value = headers.get("cache-control");
  if (value !== null) return parseCacheControl(value);
  return headers.get("pragma")?.toLowerCase().includes("no-cache") === true
    ? new Map([["no-cache", true]])
    : noDirectives;
}

/** Resolves when the work is done, the time is over, or nobody waits any more. */
async function within(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  const leave = (): void => over.resolve();
  signal.addEventListener("abort", leave, { once: true });
  await Promise.race([work, over.promise]);
  clearTimeout(timer);
  signal.removeEventListener("abort", leave);
}
