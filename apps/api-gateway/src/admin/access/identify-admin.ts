import { createHash, timingSafeEqual } from "node:crypto";
import { type AccessTokenVerifier, readBearer } from "@libs/auth";
import { CartwayError } from "@libs/errors";

/** Who acts on the admin port, as the audit names them. */
export interface AdminCaller {
  readonly actor: string;
}

/** Tells who calls. @throws CartwayError `unauthenticated`, `invalid_token`, `forbidden` */
export type IdentifyAdmin = (request: Request) => AdminCaller;

/** The role of the platform's users that may use the admin port. */
const adminRole = "admin";

export interface IdentifyAdminParts {
  /** Of the token file, `null` where there is none. */
  readonly token: () => string | null;
  /** Of the platform's own users, `null` where the gateway has none. */
  readonly accessTokens: AccessTokenVerifier | null;
}

/** By the token of the file, or by the access token of a user with the role `admin`. There is no way in without one of them. */
export function createIdentifyAdmin({ token, accessTokens }: IdentifyAdminParts): IdentifyAdmin {
  return (request) => {
    const bearer = readBearer(request.headers.get("authorization"));
    if (bearer.kind === "absent") throw challenge("unauthenticated", "Bearer");
    if (bearer.kind !== "token") throw challenge("invalid_token", 'Bearer error="invalid_request"');
    const expected = token();
    if (expected !== null && isSame(expected, bearer.token)) return { actor: "the admin token" };
    const verdict = accessTokens?.verify(bearer.token);
    if (verdict?.valid !== true) throw challenge("invalid_token", 'Bearer error="invalid_token"');
    const { userId, roles } = verdict.token;
    if (!roles.includes(adminRole))
      throw new CartwayError("forbidden", { message: `This needs the role ${adminRole}.` });
    return { actor: `user ${userId}` };
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
