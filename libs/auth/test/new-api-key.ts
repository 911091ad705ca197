import type { NewApiKey } from "../src/api-keys/api-key-store.ts";

/** A key of the partner "acme" that grants nothing, never expires and counts once in limits. */
export function newApiKey(changes: Partial<NewApiKey> = {}): NewApiKey {
  return {
    name: "partner",
    owner: "acme",
    roles: [],
    scopes: [],
    tenantId: null,
    plan: null,
    weight: 1,
    expiresAt: null,
    ...changes,
  };
}
