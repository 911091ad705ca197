import { fillDefaults } from "../config/fill-defaults.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { createIdentities, type Identities } from "../identity/create-identities.ts";
import type { IdentityPool } from "../identity/identity-pool.ts";
import { identityTypes } from "../identity/registry.ts";

/** The identities of a checked config. Throws where one cannot be bound. */
export function buildIdentities({ identity }: GatewayConfig, pool: IdentityPool): Identities {
  const entries = Object.entries(identity).map(([name, { type, ...fields }]) => {
    const schema = identityTypes[type]?.schema;
    return { name, type, config: schema === undefined ? fields : fillDefaults(schema, fields) };
  });
  return createIdentities(entries, pool);
}
