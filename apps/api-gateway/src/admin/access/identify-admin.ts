import { createHash, timingSafeEqual } from "node:crypto";
import { type AccessTokenVerifier, readBearer, type RoleGraph } from "@libs/auth";
import { CartwayError } from "@libs/errors";

/** Who acts on the admin port, as the audit names them. */
export interface AdminCaller {
  readonly actor: string;
  /** Else they may look alone. */
  readonly mayChange: boolean;
}

/** Tells who calls. @throws CartwayError `unauthenticated`, `invalid_token`, `forbidden` */
export type IdentifyAdmin = (request: Request) => AdminCaller;

/** The role of the platform's users that may do everything on the admin port. */
export const adminRole = "admin";
/** The permission to look at everything there and to change nothing. */
const inspectPermission = "gateway:inspect";

export interface IdentifyAdminParts {
  /** Of the token file, `null` where there is none. */
  readonly token: () => string | null;
  /** Of the platform's own users, `null` where the gateway has none. */
  readonly users: { readonly accessTokens: AccessTokenVerifier; readonly roles: RoleGraph } | null;
}

/**
 * By the token of the file, or by the access token of a user: with the role `admin` for everything, with the permission
 * `gateway:inspect` to look. There is no way in without one of them.
 */
export function createIdentifyAdmin({ token, users }: IdentifyAdminParts): IdentifyAdmin {
  return (request) => {
    const bearer = readBearer(request.headers.get("authorization"));
    if (bearer.kind === "absent") throw challenge("unauthenticated", "Bearer");
    if (bearer.kind !== "token") throw challenge("invalid_token", 'Bearer error="invalid_request"');
    const expected = token();
    if (expected !== null && isSame(expected, bearer.token))
      return { actor: "the admin token", mayChange: true };
    const verdict = users?.accessTokens.verify(bearer.token);
    if (verdict?.valid !== true) throw challenge("invalid_token", 'Bearer error="invalid_token"');
    const { userId, roles } = verdict.token;
    const actor = `user ${userId}`;
    if (roles.includes(adminRole)) return { actor, mayChange: true };
    if (users?.roles.allows(roles, inspectPermission) === true) return { actor, mayChange: false };
    const message = `This needs the role ${adminRole}, or to look the permission ${inspectPermission}.`;
    throw new CartwayError("forbidden", { message });
  };
}

/** Digests are compared, so that neither length nor content can be told by the time it takes. */
function isSame(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function challenge(code: "unauthenticated" | "invalid_token", value: string): CartwayError {
  return new CartwayError(code, { headers: { "www-authenticate": value } });
}
