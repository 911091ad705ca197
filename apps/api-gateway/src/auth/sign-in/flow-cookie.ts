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

/** A sign-in under way. It lies with the browser that began it: a callback that another browser brings finds nothing. */
export interface SignInFlow {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  /** Of the gateway's own PKCE towards the provider. */
  readonly verifier: string;
  readonly redirectUri: string;
  /** Of the caller's PKCE towards the gateway. */
  readonly challenge: string;
  readonly clientState: string;
}

const lifeSeconds = 600;
const lengthMax = 3500;

/** `__Host-` ties the cookie to this very host over HTTPS: a sibling domain cannot plant one. */
export function flowCookieName(isSecure: boolean): string {
  return isSecure ? "__Host-cartway-sign-in" : "cartway-sign-in";
}

export function setFlowCookie(flow: SignInFlow, isSecure: boolean): string {
  return cookie(isSecure, Buffer.from(JSON.stringify(flow)).toString("base64url"), lifeSeconds);
}

export function clearFlowCookie(isSecure: boolean): string {
  return cookie(isSecure, "", 0);
}

/** `null` for what is none. What it says is the browser's word: places to go to are checked again. */
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

/** Lax: the provider's redirect is a navigation from another site, and must bring the cookie. */
function cookie(isSecure: boolean, value: string, maxAge: number): string {
  const secure = isSecure ? "; Secure" : "";
  return `${flowCookieName(isSecure)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}
