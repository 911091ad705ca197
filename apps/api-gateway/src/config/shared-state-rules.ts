import type { GatewayConfig } from "./schema.ts";
import type { ConfigIssue } from "../model/config/config-issue.ts";

/** The stores that the workers share. */
export interface SharedStores {
  readonly hasRedis: boolean;
  readonly hasDatabase: boolean;
}

type Rule = (config: GatewayConfig, stores: SharedStores) => readonly ConfigIssue[];

/**
 * Settings that would silently be wrong with several workers, each of which counts on its own. Settings that are correct per worker (caches
 * in process, queues, bulkheads, breakers, health checks) are described in docs/workers.md.
 */
export const sharedStateRules = {
  /** N workers would allow N times the limit. */
  routeLimits: ({ routes }) =>
    routes.flatMap(({ policies }, route) =>
      policies.flatMap(({ type, store }, policy) =>
        type === "rate-limit" && store === "in-process"
          ? [countedInProcess(`/routes/${route}/policies/${policy}/store`)]
          : [],
      ),
    ),
  frameLimits: ({ hub }) =>
    (hub?.endpoints ?? []).flatMap(({ frameLimit }, endpoint) =>
      frameLimit?.store === "in-process"
        ? [countedInProcess(`/hub/endpoints/${endpoint}/frameLimit/store`)]
        : [],
    ),
  /** Messages would not reach the sockets of other workers, and tickets would be unknown to them. */
  hubBroker: ({ hub }, { hasRedis }) =>
    hasRedis || hub === undefined || hub.endpoints.length === 0
      ? []
      : [
          {
            path: "/hub/endpoints",
            message:
              "a hub on several workers needs Redis: without it, messages published on one worker do not reach sockets of the others. Set REDIS_URL, or --workers 1",
          },
        ],
  /** N workers would allow N times the login attempts. */
  logins: (_config, { hasDatabase, hasRedis }) =>
    hasRedis || !hasDatabase
      ? []
      : [
          {
            path: "",
            message:
              "DATABASE_URL enables logins, whose attempts each worker would count separately: set REDIS_URL, or --workers 1",
          },
        ],
} as const satisfies Readonly<Record<string, Rule>>;

/** Everything in a config that several workers cannot run, with the setting to use instead. */
export function checkSharedState(config: GatewayConfig, stores: SharedStores): readonly ConfigIssue[] {
  const rules: readonly Rule[] = Object.values(sharedStateRules);
  return rules.flatMap((rule) => rule(config, stores));
}

function countedInProcess(path: string): ConfigIssue {
  return {
    path,
    message:
      "each worker would count separately and allow the full limit. Set `store: redis` or `redis-leases` with `onStoreError`, and REDIS_URL, or --workers 1",
  };
}
