import { digestOf } from "@libs/auth";
import type { OriginalRequest } from "../../model/identity/credentials.ts";
import { authenticatesConnection } from "../../model/http/authenticates-connection.ts";
import { withoutOwnCookies } from "../../model/http/own-cookies.ts";
import type { PresentedCredentials } from "../presented-credentials.ts";
import type { ForwardConfig } from "./forward-schema.ts";

/** The request to the auth service about one client request. */
export interface Question {
  readonly original: OriginalRequest;
  readonly method: string;
  readonly path: string;
  readonly host: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the caller presents anything that could be a credential. */
  readonly hadCredentials: boolean;
  /** Digest of everything that the service can decide by, computed on first use. */
  digest(): string;
}

/** Headers that are no credentials: every browser sends them. */
const ofEverybody: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "origin",
  "referer",
  "user-agent",
  "x-requested-with",
]);

/** Headers that differ for every exchange and that no service decides by. */
const ofTheExchange = ["x-request-id", "via", "traceparent", "tracestate"] as const;

/**
 * The question as auth services expect it: `X-Forwarded-*` of Traefik, Caddy and Envoy, `X-Original-*` of nginx. The gateway sets all
 * of them, whatever the client sent under these names. The path is the normalised one. `null` for a token without a request.
 */
export function createQuestion(
  credentials: PresentedCredentials,
  { path, asOriginal, requestHeaders }: Pick<ForwardConfig, "path" | "asOriginal" | "requestHeaders">,
): Question | null {
  const { original } = credentials;
  if (original === null) return null;
  const { method, clientIp, upstreamHeaders } = original;
  const uri = uriOf(original);
  const headers: Record<string, string> = {};
  let hadCredentials = false;
  for (const name of requestHeaders) {
    const value = readHeader(credentials, name);
    if (value === null) continue;
    headers[name] = value;
    hadCredentials ||= !ofEverybody.has(name);
  }
  headers["x-forwarded-method"] = method;
  headers["x-forwarded-uri"] = uri;
  headers["x-forwarded-host"] = hostOf(original);
  headers["x-forwarded-proto"] = schemeOf(original);
  // the client alone: services take the first of several addresses, which a client could have written itself
  headers["x-forwarded-for"] = clientIp;
  headers["x-real-ip"] = clientIp;
  headers["x-original-method"] = method;
  headers["x-original-url"] = originalUrl(original);
  const asked = asOriginal
    ? { method, path: path.replace(/\/$/, "") + uri, host: hostOf(original) }
    : { method: "GET", path, host: null };
  const judged = JSON.stringify([asked, headers]);
  for (const name of ofTheExchange) {
    const value = upstreamHeaders.get(name);
    if (value !== null) headers[name] = value;
  }
  if (authenticatesConnection(headers["authorization"] ?? null)) headers["connection"] = "close";
  let digest: string | null = null;
  return { ...asked, original, headers, hadCredentials, digest: () => (digest ??= digestOf(judged)) };
}

/** `null` where nothing is left of it for the service. */
function readHeader(credentials: PresentedCredentials, name: string): string | null {
  const value = credentials.header(name);
  if (value === null || name !== "cookie") return value;
  const others = withoutOwnCookies(value);
  return others === "" ? null : others;
}

/** Normalised path and query of the request. */
export function uriOf({ target }: Pick<OriginalRequest, "target">): string {
  return target.query === "" ? target.path : `${target.path}?${target.query}`;
}

/** The whole URL, as the client sees it. */
export function originalUrl(original: OriginalRequest): string {
  return `${schemeOf(original)}://${hostOf(original)}${uriOf(original)}`;
}

function hostOf({ upstreamHeaders, target }: OriginalRequest): string {
  return upstreamHeaders.get("x-forwarded-host") ?? target.host;
}

function schemeOf({ upstreamHeaders, target }: OriginalRequest): string {
  return upstreamHeaders.get("x-forwarded-proto") ?? target.scheme;
}
