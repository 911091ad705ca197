import type { Principal } from "../../../src/model/identity/principal.ts";

/** A caller without rights. */
export function principalOf(subject: string, more: Partial<Principal> = {}): Principal {
  return {
    identity: "platform",
    method: "jwt",
    subject,
    roles: [],
    scopes: [],
    tenantId: null,
    plan: null,
    weight: 1,
    sessionId: `login-${subject}`,
    expiresAt: Number.POSITIVE_INFINITY,
    claims: {},
    ...more,
  };
}
