import type { HubContext } from "../hub-context.ts";
import type { SelectedIdentities } from "../hub-deps.ts";
import { RefusedAttempt } from "../refused-attempt.ts";
import { type HubCall, presentCredentials } from "./present-credentials.ts";
import { requireCaller } from "./require-caller.ts";

/**
 * @throws CartwayError `forbidden` for a caller without the scope, a role of that name, or a role that grants it; otherwise as
 * `requireCaller`
 */
export async function requireScope(
  hub: HubContext,
  call: HubCall,
  { identities, scope }: { readonly identities: SelectedIdentities; readonly scope: string },
): Promise<void> {
  const { authenticate, challenge } = identities;
  const { scopes, roles } = requireCaller(await authenticate(presentCredentials(call)), challenge);
  if (scopes.includes(scope) || roles.includes(scope) || hub.permits(roles, scope)) return;
  throw new RefusedAttempt(
    "forbidden",
    { kind: "access_denied", reason: "missing_scope" },
    { message: `This needs the scope, role or permission ${scope}.` },
  );
}
