import { type BearerHeader, CredentialDigest, digestOf, readBearer, readCookies } from "@libs/auth";
import type { CredentialSource, OriginalRequest } from "../model/identity/credentials.ts";
import { actsForForeignPage, isOwnPage } from "./is-own-page.ts";

/** Replaces several contradicting tokens: it is malformed. */
const contradictory = "";
const noHeaders: CredentialSource["headers"] = { get: () => null };
const defaultTokenParameter = "access_token";

/** A caller's credentials, each read once however many identities ask. Lives as long as one request. */
export class PresentedCredentials {
  readonly #source: CredentialSource;
  /** The header that carries the bearer token. */
  readonly #authorization: string | null;
  #bearer: BearerHeader | null = null;
  #bearerDigest: string | null = null;
  #digest: CredentialDigest | null = null;
  #isOfForeignPage = false;

  constructor(source: CredentialSource, authorization = authorizationOf(source)) {
    this.#source = source;
    this.#authorization = authorization;
  }

  /** Credentials of a token without a request, such as one in a frame. */
  static ofToken(token: string, original?: OriginalRequest): PresentedCredentials {
    const source = { headers: noHeaders, query: "", tokenParameter: null, isPeerTrusted: false };
    return new PresentedCredentials(
      original === undefined ? source : { ...source, original },
      `Bearer ${token}`,
    );
  }

  /** The bearer token. Malformed where there are several, one is in a query that may not carry it, or the header violates RFC 6750. */
  bearer(): BearerHeader {
    this.#bearer ??= readBearer(this.#authorization);
    return this.#bearer;
  }

  /** Digest of the bearer token, `null` where there is none. */
  bearerDigest(): string | null {
    const bearer = this.bearer();
    if (bearer.kind !== "token") return null;
    this.#bearerDigest ??= digestOf(bearer.token);
    return this.#bearerDigest;
  }

  /** Digest of the bearer token as received, well-formed or not; `null` for none. A token with a known digest need not be parsed again. */
  digest(): CredentialDigest | null {
    if (this.#digest === null && this.#authorization !== null)
      this.#digest = new CredentialDigest(this.#authorization);
    return this.#digest;
  }

  /** Whether another origin's page sent the session cookie without its owner's intent. The bearer token is then malformed. */
  get isOfForeignPage(): boolean {
    return this.#isOfForeignPage;
  }

  /** Whether another origin's page sends a request that writes: credentials that browsers attach must not authenticate it. */
  get actsForForeignPage(): boolean {
    const { original } = this.#source;
    return actsForForeignPage(
      original === undefined ? this.#source : { ...this.#source, method: original.method },
    );
  }

  /** These credentials with a cookie's token as the bearer token, where there is no other. */
  withCookie(name: string): PresentedCredentials {
    if (this.#authorization !== null) return this;
    const header = this.#source.headers.get("cookie");
    if (header === null || !header.includes(name)) return this;
    const [token = "", ...more] = readCookies(header, name);
    if (token === "" && more.length === 0) return this;
    const isOfForeignPage = !isOwnPage(this.#source);
    const isUsable = more.length === 0 && !isOfForeignPage;
    const inner = new PresentedCredentials(this.#source, isUsable ? `Bearer ${token}` : contradictory);
    inner.#isOfForeignPage = isOfForeignPage;
    return inner;
  }

  /** A header that only a trusted proxy may send; `null` from anybody else. */
  proxyHeader(name: string): string | null {
    return this.#source.isPeerTrusted ? this.header(name) : null;
  }

  /** The certificate of the caller's own connection; never a proxy's, which would authenticate everybody behind it. */
  connectionCertificate(): Buffer | null {
    return this.#source.isPeerTrusted ? null : (this.#source.certificate ?? null);
  }

  /** The request that carried them; `null` for a token without one. */
  get original(): OriginalRequest | null {
    return this.#source.original ?? null;
  }

  header(name: string): string | null {
    return this.#source.headers.get(name);
  }

  /** Every value of a query parameter, decoded; `null` stands for one that cannot be decoded. */
  parameter(name: string): readonly (string | null)[] {
    return readParameter(this.#source.query, name);
  }
}

function authorizationOf({ headers, query, tokenParameter }: CredentialSource): string | null {
  const header = headers.get("authorization");
  const inQuery = readParameter(query, tokenParameter ?? defaultTokenParameter);
  if (inQuery.length === 0) return header;
  const [token = null] = inQuery;
  const isUsable = tokenParameter !== null && inQuery.length === 1 && header === null && token !== null;
  return isUsable ? `Bearer ${token}` : contradictory;
}

function readParameter(query: string, name: string): readonly (string | null)[] {
  if (query === "") return [];
  const values: (string | null)[] = [];
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const key = equals === -1 ? pair : pair.slice(0, equals);
    if (decode(key) === name) values.push(equals === -1 ? "" : decode(pair.slice(equals + 1)));
  }
  return values;
}

function decode(text: string): string | null {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
