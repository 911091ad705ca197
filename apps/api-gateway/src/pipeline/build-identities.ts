import type { GatewayConfig } from "../config/schema.ts";
import { createIdentities, type Identities } from "../identity/create-identities.ts";
import type { IdentityPool } from "../identity/identity-pool.ts";

/** Creates the identities of a validated config. Throws where one cannot be bound. */
export function buildIdentities({ identity }: GatewayConfig, pool: IdentityPool): Identities {
  const entries = Object.entries(identity).map(([name, { type, ...config }]) => ({ name, type, config }));
  return createIdentities(entries, pool);
}
