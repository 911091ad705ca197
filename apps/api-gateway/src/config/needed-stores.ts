import { encodePointerKey } from "../model/config/json-pointer.ts";
import type { GatewayConfig } from "./schema.ts";

/** The parts of a config that no gateway can run without a store, by JSON Pointer. */
export interface NeededStores {
  readonly database: readonly string[];
  readonly redis: readonly string[];
}

export function neededStores(config: GatewayConfig): NeededStores {
  const identities = Object.entries(config.identity).filter(([, entry]) => needsDatabase(entry));
  return {
    database: identities.map(([name]) => `/identity/${encodePointerKey(name)}`),
    redis: [...placesOfRedis(config, "")],
  };
}

/** Users and their keys are kept there. */
function needsDatabase(entry: GatewayConfig["identity"][string]): boolean {
  if (entry.type === "local") return true;
  return entry.type === "api-key" && Object.keys(Object(entry["keys"])).length === 0;
}

function* placesOfRedis(part: unknown, path: string): Generator<string> {
  if (typeof part !== "object" || part === null) return;
  const store: unknown = Reflect.get(part, "store");
  if (store === "redis" || store === "redis-leases") yield path;
  for (const [field, inner] of Object.entries(part))
    yield* placesOfRedis(inner, `${path}/${encodePointerKey(field)}`);
}
