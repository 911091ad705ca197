import { createHash, timingSafeEqual } from "node:crypto";
import { type AccessTokenVerifier, readBearer, type RoleGraph } from "@libs/auth";
import { CartwayError } from "@libs/errors";

/** The caller of the admin port, as named in the audit log. */
export interface AdminCaller {
  readonly actor: string;
  /** Otherwise the access is read-only. */
  readonly mayChange: boolean;
}

/** Identifies the caller. @throws CartwayError `unauthenticated`, `invalid_token`, `forbidden` */
export type IdentifyAdmin = (request: Request) => AdminCaller;

/** The platform role with full access to the admin port. */
export const adminRole = "admin";
/** The permission for read-only access. */
const inspectPermission = "gateway:inspect";

export interface IdentifyAdminParts {
  /** The token from the file; `null` for none. */
  readonly token: () => string | null;
  /** The platform's own users; `null` where the gateway has none. */
  readonly users: { readonly accessTokens: AccessTokenVerifier; readonly roles: RoleGraph } | null;
}

/**
 * Authenticates by the file's token, or by a user's access token: full access with the role `admin`, read-only with the permission
 * `gateway:inspect`. There is no access without authentication.
 */
export function createIdentifyAdmin({ token, users }: IdentifyAdminParts): IdentifyAdmin {
  return (request) => {
    const bearer = readBearer(request.headers.get("authorization"));
    const expected = token();
    const accepted = [
      ...(expected === null ? [] : ["the admin token"]),
      ...(users === null ? [] : [`the access token of a user with the role ${adminRole}`]),
    ].join(", or ");
    if (bearer.kind === "absent") throw absent(accepted);
    if (bearer.kind !== "token") throw invalid(accepted, "invalid_request");
    if (expected !== null && isSame(expected, bearer.token))
      return { actor: "the admin token", mayChange: true };
    const verdict = users?.accessTokens.verify(bearer.token);
    if (verdict?.valid !== true) throw invalid(accepted, "invalid_token");
    const { userId, roles } = verdict.token;
    const actor = `user ${userId}`;
    if (roles.includes(adminRole)) return { actor, mayChange: true };
    if (users?.roles.allows(roles, inspectPermission) === true) return { actor, mayChange: false };
    const message = `This needs the role ${adminRole}, or to look the permission ${inspectPermission}.`;
    throw new CartwayError("forbidden", { message });
  };
}

/** Compares digests, so that timing reveals neither length nor content. */
function isSame(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** @param accepted which tokens are accepted here, in words */
function absent(accepted: string): CartwayError {
  return new CartwayError("unauthenticated", {
    message: `Authentication is required: ${accepted}, as a bearer token.`,
    headers: { "www-authenticate": "Bearer" },
  });
}

function invalid(accepted: string, error: string): CartwayError {
  return new CartwayError("invalid_token", {
    message: `The token is not valid. Accepted here: ${accepted}.`,
    headers: { "www-authenticate": `Bearer error="${error}"` },
  });
}
