import type { Metrics } from "@libs/monitoring";

export type CountedAs =
  | "hit"
  | "stale"
  | "miss"
  | "revalidated"
  | "refreshed"
  | "collapsed"
  | "stale_if_error"
  | "bypass";

export interface CacheMetrics {
  hit(): void;
  count(as: CountedAs): void;
}

export function createCacheMetrics(
  metrics: Metrics,
  { cache, route }: { readonly cache: string; readonly route: string },
): CacheMetrics {
  const requests = metrics.counter({
    name: "cartway_cache_requests_total",
    help: "What a cache did with the requests of a route; a collapsed one waited for another and is a hit too.",
    labels: ["route", "cache", "outcome"],
  });
  const hits = requests.with({ route, cache, outcome: "hit" });
  return {
    hit: () => hits.inc(),
    count: (outcome) => requests.with({ route, cache, outcome }).inc(),
  };
}
