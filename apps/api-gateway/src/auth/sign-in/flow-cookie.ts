import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const flowSchema = Type.Object(
  {
    provider: Type.String(),
    state: Type.String(),
    nonce: Type.String(),
    verifier: Type.String(),
    redirectUri: Type.String(),
    challenge: Type.String(),
    clientState: Type.String(),
  },
  { additionalProperties: false },
);

/** A sign-in in progress, stored in the browser that began it: a callback from another browser finds none. */
export interface SignInFlow {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  /** The gateway's PKCE verifier for the provider. */
  readonly verifier: string;
  readonly redirectUri: string;
  /** The caller's PKCE challenge for the gateway. */
  readonly challenge: string;
  readonly clientState: string;
}

const lifeSeconds = 600;
const lengthMax = 3500;

/** The `__Host-` prefix binds the cookie to this host over HTTPS: sibling domains cannot plant one. */
export function flowCookieName(isSecure: boolean): string {
  return isSecure ? "__Host-cartway-sign-in" : "cartway-sign-in";
}

export function setFlowCookie(flow: SignInFlow, isSecure: boolean): string {
  return cookie(isSecure, Buffer.from(JSON.stringify(flow)).toString("base64url"), lifeSeconds);
}

export function clearFlowCookie(isSecure: boolean): string {
  return cookie(isSecure, "", 0);
}

/** `null` for an invalid value. The content comes from the browser and is not trusted: redirect targets are checked again. */
export function parseFlow(value: string | null): SignInFlow | null {
  if (value === null || value === "" || value.length > lengthMax) return null;
  try {
    const flow: unknown = JSON.parse(Buffer.from(value, "base64url").toString("utf8"));
    return Value.Check(flowSchema, flow) ? flow : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `Lax`, because the provider's redirect is a navigation from another site and must send the cookie. */
function cookie(isSecure: boolean, value: string, maxAge: number): string {
  const secure = isSecure ? "; Secure" : "";
  return `${flowCookieName(isSecure)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}
