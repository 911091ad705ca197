import { encodePointerKey } from "../model/config/json-pointer.ts";
import type { ConfigIssue } from "../model/config/config-issue.ts";
import type { GatewayConfig } from "./schema.ts";
import type { SharedStores } from "./shared-state-rules.ts";

/** The parts of a config that no gateway can run without a store, by JSON Pointer. */
export interface NeededStores {
  readonly database: readonly string[];
  readonly redis: readonly string[];
}

export function neededStores(config: GatewayConfig): NeededStores {
  const identities = Object.entries(config.identity).filter(([, entry]) => needsDatabase(entry));
  return {
    database: identities.map(([name]) => `/identity/${encodePointerKey(name)}`),
    redis: placesOfRedis(config),
  };
}

/** Each part of a config that needs a store which the gateway has not. */
export function missingStores(config: GatewayConfig, has: SharedStores): ConfigIssue[] {
  const { database, redis } = neededStores(config);
  const issue = (store: string, variable: string) => (path: string) => ({
    path,
    message: `this needs ${store}, and ${variable} is not set`,
  });
  return [
    ...(has.hasDatabase ? [] : database.map(issue("PostgreSQL", "DATABASE_URL"))),
    ...(has.hasRedis ? [] : redis.map(issue("Redis", "REDIS_URL"))),
  ];
}

/** Users and their keys are kept there. */
function needsDatabase(entry: GatewayConfig["identity"][string]): boolean {
  if (entry.type === "local") return true;
  return entry.type === "api-key" && Object.keys(Object(entry["keys"])).length === 0;
}

function placesOfRedis({ routes, hub }: GatewayConfig): string[] {
  const ofPolicies = routes.flatMap(({ policies }, route) =>
    policies.flatMap((policy, at) => (isOnRedis(policy["store"]) ? [`/routes/${route}/policies/${at}`] : [])),
  );
  const ofHub = (hub?.endpoints ?? []).flatMap(({ frameLimit }, at) =>
    isOnRedis(frameLimit?.store) ? [`/hub/endpoints/${at}/frameLimit`] : [],
  );
  return [...ofPolicies, ...ofHub];
}

function isOnRedis(store: unknown): boolean {
  return store === "redis" || store === "redis-leases";
}
