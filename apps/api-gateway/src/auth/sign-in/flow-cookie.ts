import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { signInCookiePrefix } from "../../model/http/own-cookies.ts";

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
/** Sign-ins that one browser can have in progress, each in a tab of its own: their cookies come with every request to this host. */
const flowsMax = 4;

/**
 * Each sign-in has its own cookie, named by its state, so that two tabs can sign in at the same time. The `__Host-` prefix binds it to
 * this host over HTTPS: sibling domains cannot plant one.
 */
export function flowCookieName(state: string, isSecure: boolean): string {
  return `${prefixOf(isSecure)}${state}`;
}

function prefixOf(isSecure: boolean): string {
  return isSecure ? signInCookiePrefix : "cartway-sign-in-";
}

/**
 * The `Set-Cookie` lines of a new sign-in. Where the browser has too many in progress, the first ones end: browsers list the cookies of
 * one path in the order in which they were set (RFC 6265, 5.4).
 * @param cookies the browser's `Cookie` header
 */
export function setFlowCookie(
  flow: SignInFlow,
  isSecure: boolean,
  cookies: string | null = null,
): readonly string[] {
  const pattern = new RegExp(`(?:^|;)[ \\t]*(${prefixOf(isSecure)}[\\w-]{1,128})=`, "g");
  const before = [...(cookies ?? "").matchAll(pattern)].map(([, name = ""]) => name);
  const ended = before.slice(0, Math.max(0, before.length + 1 - flowsMax));
  const value = Buffer.from(JSON.stringify(flow)).toString("base64url");
  return [
    ...ended.map((name) => cookie(name, "", isSecure)),
    cookie(flowCookieName(flow.state, isSecure), value, isSecure),
  ];
}

export function clearFlowCookie({ state }: SignInFlow, isSecure: boolean): string {
  return cookie(flowCookieName(state, isSecure), "", isSecure);
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

/** `Lax`, because the provider's redirect is a navigation from another site and must send the cookie. Without a value it is removed. */
function cookie(name: string, value: string, isSecure: boolean): string {
  const secure = isSecure ? "; Secure" : "";
  const maxAge = value === "" ? 0 : lifeSeconds;
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}
