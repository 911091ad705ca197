import type { Authenticator } from "../../identity/create-identities.ts";
import type { HubContext } from "../hub-context.ts";
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
  { authenticate, scope }: { readonly authenticate: Authenticator; readonly scope: string },
): Promise<void> {
  const { scopes, roles } = requireCaller(await authenticate(presentCredentials(call)));
  if (scopes.includes(scope) || roles.includes(scope) || hub.permits(roles, scope)) return;
  throw new RefusedAttempt(
    "forbidden",
    { kind: "access_denied", reason: "missing_scope" },
    { message: `This needs the scope, role or permission ${scope}.` },
  );
}
