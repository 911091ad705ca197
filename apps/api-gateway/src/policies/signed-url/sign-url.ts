import { normalizePath } from "../../routing/normalize-path.ts";
import { nameOf } from "../query-pairs.ts";
import { signatureParameters, signParts } from "./url-signature.ts";

export interface SignUrlOptions {
  readonly url: string;
  /** `GET` by default, which is good for `HEAD` too. */
  readonly method?: string;
  readonly keyId: string;
  readonly secret: Uint8Array;
  /** Milliseconds since the epoch, kept to the second. */
  readonly expiresAt: number;
  /** Handed to the service, which marks what it serves with it. */
  readonly watermark?: string;
  /** Parameters that the signature binds; all by default, as the policy's `query` must say too. */
  readonly query?: readonly string[];
}

/** A URL that the `signed-url` policy lets through until it expires. */
export function signUrl(options: SignUrlOptions): string {
  const url = new URL(options.url);
  const own = Object.values(signatureParameters);
  const taken = own.find((name) => url.searchParams.has(name));
  if (taken !== undefined) throw new TypeError(`the URL has a parameter ${taken} already`);
  const expires = String(Math.floor(options.expiresAt / 1000));
  const watermark = options.watermark ?? "";
  const pairs = url.search === "" ? [] : url.search.slice(1).split("&");
  const bound =
    options.query === undefined ? pairs : pairs.filter((pair) => options.query?.includes(nameOf(pair)));
  const signature = signParts(options.secret, {
    method: options.method ?? "GET",
    host: url.hostname.replace(/\.$/, ""),
    path: normalizePath(url.pathname),
    expires,
    keyId: options.keyId,
    watermark: encodeURIComponent(watermark),
    query: bound,
  });
  const added = [
    `${signatureParameters.expires}=${expires}`,
    `${signatureParameters.keyId}=${options.keyId}`,
  ];
  if (watermark !== "") added.push(`${signatureParameters.watermark}=${encodeURIComponent(watermark)}`);
  added.push(`${signatureParameters.signature}=${signature.toString("base64url")}`);
  return `${url.origin}${url.pathname}?${[...pairs, ...added].join("&")}`;
}
