import type { Metrics } from "@libs/monitoring";
import type { Policy, PolicyDefinition, PolicyRoute } from "../../model/exchange/policy.ts";
import { createCacheMetrics } from "./cache-metrics.ts";
import type { CachePool } from "./cache-pool.ts";
import { RouteCache } from "./route-cache.ts";
import { type CacheConfig, cacheSchema } from "./schema.ts";

export interface CacheDeps {
  readonly caches: CachePool;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/**
 * A shared cache (RFC 9111) for GET and HEAD: stores what the service allows, serves it while fresh, revalidates it when stale, and
 * collapses concurrent requests for the same answer. Reports in `Cache-Status` (RFC 9211).
 */
export const cachePolicy: PolicyDefinition<typeof cacheSchema, CacheDeps> = {
  type: "cache",
  phase: "cache",
  schema: cacheSchema,
  once: ({ name = "" }) => name,
  shared: ({ name, store, bytesMax, entriesMax, storeTimeoutMs }) =>
    name === undefined ? null : { name, settings: { store, bytesMax, entriesMax, storeTimeoutMs } },
  create: (config, deps) => (route) => createRouteCache(config, deps, route),
};

function createRouteCache(
  config: CacheConfig,
  { caches, metrics, now }: CacheDeps,
  route: PolicyRoute,
): Policy {
  const { store, bytesMax, entriesMax, storeTimeoutMs } = config;
  const name = config.name ?? `route ${route.id}`;
  const { value: cache, release } = caches.acquire({ name, store, bytesMax, entriesMax, storeTimeoutMs });
  const counted = createCacheMetrics(metrics, { cache: name, route: route.id });
  const callerFields = new Set(route.callerFields);
  const answersBy = route.answersBy();
  const routeCache = new RouteCache({ cache, config, counted, callerFields, answersBy, now });
  return {
    around: (exchange, next) => routeCache.around(exchange, next),
    explain: (exchange) => routeCache.explain(exchange),
    dispose: release,
  };
}
