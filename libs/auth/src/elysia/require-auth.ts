import { CartwayError } from "@libs/errors";
import { readBearer } from "../http/read-bearer.ts";
import type { AccessTokenVerifier } from "../sessions/access-token-verifier.ts";

/** The authenticated caller of an app's own endpoint. */
export interface Caller {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly tenantId: string | null;
  readonly sessionId: string | null;
}

/** Identifies the caller, or throws a `CartwayError` with status 401. */
export type IdentifyCaller = (request: Request) => Caller;

/** Identifies callers by an access token of the platform: for apps that are reached directly. */
export function callerByToken(verifier: AccessTokenVerifier): IdentifyCaller {
  return (request) => {
    const bearer = readBearer(request.headers.get("authorization"));
    if (bearer.kind === "absent") throw challenge("unauthenticated", "Bearer");
    const verdict = bearer.kind === "token" ? verifier.verify(bearer.token) : null;
    if (!verdict?.valid) throw challenge("invalid_token", 'Bearer error="invalid_token"');
    const { userId, roles, tenantId, sessionId } = verdict.token;
    return { userId, roles, tenantId, sessionId };
  };
}

/**
 * Identifies callers by the gateway's headers: for apps behind it. The app MUST NOT be reachable except through the gateway, which sets
 * these headers and strips them from outside requests.
 */
export const callerByGateway: IdentifyCaller = (request) => {
  const userId = request.headers.get("x-user-id");
  if (userId === null || userId === "") throw new CartwayError("unauthenticated");
  return {
    userId,
    roles: (request.headers.get("x-user-roles") ?? "").split(",").filter((role) => role !== ""),
    tenantId: request.headers.get("x-tenant-id"),
    sessionId: request.headers.get("x-session-id"),
  };
};

/** For `new Elysia().resolve(requireAuth(...))`: later handlers get `caller`. */
export function requireAuth(
  identify: IdentifyCaller,
): (context: { readonly request: Request }) => { caller: Caller } {
  return ({ request }) => ({ caller: identify(request) });
}

/** For `beforeHandle`, after `requireAuth`: requires any of the roles, else 403. */
export function requireRole(...roles: readonly string[]): (context: { readonly caller: Caller }) => void {
  return ({ caller }) => {
    if (!caller.roles.some((role) => roles.includes(role))) throw new CartwayError("forbidden");
  };
}

function challenge(code: "unauthenticated" | "invalid_token", value: string): CartwayError {
  return new CartwayError(code, { headers: { "www-authenticate": value } });
}
