import {
  type FieldBlock,
  FieldList,
  listedNames,
  type RequestHeaders,
  type RequestOrigin,
  takesTrailers,
} from "@libs/http1";
import { CartwayError } from "@libs/errors";
import { debugPassHeader } from "../telemetry/debug/debug-pass.ts";
import { authenticatesConnection } from "../model/http/authenticates-connection.ts";
import { connectionFields } from "../model/http/connection-fields.ts";
import { HeaderList } from "../model/http/header-list.ts";
import { reportedScheme } from "../model/http/reported-scheme.ts";
import { reservedHeaderNames } from "../model/http/reserved-headers.ts";
import { serviceNameOf } from "../model/http/service-name-of.ts";
import { withoutOwnCookies } from "../model/http/own-cookies.ts";
import { sharedLines } from "./shared-lines.ts";

export interface ForwardingFacts {
  /** The request's connection; `null` where the listener does not expose it. */
  readonly connection: RequestOrigin | null;
  readonly clientIp: string;
  readonly peerIp: string;
  /** Whether the peer is a trusted proxy: its forwarding headers are extended, those of other clients replaced. */
  readonly isPeerTrusted: boolean;
  readonly scheme: string;
  readonly requestId: string;
  /** This instance's name in `Via`. */
  readonly via: string;
  /** Whether to write `Forwarded` as well. */
  readonly forwarded: boolean;
  /** Further headers that the config's identities set; usually empty. */
  readonly ownHeaders: ReadonlySet<string>;
}

/** Never copied: hop-by-hop (RFC 9110, section 7.6.1), framing, or written by the gateway below. */
const notCopied: ReadonlySet<string> = new Set([
  ...connectionFields,
  "proxy-authorization",
  // CGI names it HTTP_PROXY, which libraries take for the proxy of their own requests (CVE-2016-5385)
  "proxy",
  "content-length",
  "expect",
  "host",
  "via",
  "x-request-id",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
  // client certificate headers of proxies: only the gateway tells services who calls
  "client-cert",
  "client-cert-chain",
  "x-forwarded-client-cert",
  // meant for the gateway only
  debugPassHeader,
  ...reservedHeaderNames,
]);

/**
 * The request headers for the service: without hop-by-hop fields and fields reserved to the gateway, with the gateway's own forwarding
 * headers, and with other forwarding headers only from trusted proxies. `Expect: 100-continue` is answered by the listener, other
 * expectations are refused (RFC 9110, section 10.1.1).
 *
 * @param withheld fields that the route's policies withhold from the service. @throws CartwayError `loop_detected` where this instance is
 * in `Via`, `invalid_header`, `expectation_failed`.
 */
export function upstreamHeadersOf(
  headers: RequestHeaders,
  facts: ForwardingFacts,
  withheld: Names,
): HeaderList {
  const connection = headers.get("connection");
  const leftOut =
    connection === null || isUsual(connection)
      ? withheld
      : new Set([...withheld, ...listedNames(connection)]);
  const shared = sharedLines(headers, facts, forwardingFields);
  const told = shared === null ? forwardingFields(headers, facts) : [];
  told.push("x-request-id", facts.requestId);
  told.push(...connectionFieldsFor(headers));
  const list =
    headers instanceof FieldList && !headers.repeats
      ? new HeaderList(told, copiedLines(headers, leftOut, facts))
      : new HeaderList([...copiedFields(headers, leftOut, facts), ...told]);
  if (shared !== null) list.share(shared);
  withholdOwnCookies(headers.get("cookie"), list);
  return list;
}

/** Browsers send them with every request to this host, also to routes that authenticate nobody. */
function withholdOwnCookies(cookies: string | null, list: HeaderList): void {
  const others = cookies === null ? null : withoutOwnCookies(cookies);
  if (others === null || others === cookies || !list.has("cookie")) return;
  if (others === "") list.delete("cookie");
  else list.set("cookie", others);
}

/** A WebSocket's handshake writes its own. */
function connectionFieldsFor(headers: RequestHeaders): readonly string[] {
  const te = headers.get("te");
  const fields = te !== null && takesTrailers(te) ? ["connection", "te", "te", "trailers"] : none;
  return authenticatesConnection(headers.get("authorization")) ? ["connection", "close", ...fields] : fields;
}

const none: readonly string[] = [];

type Names = ReadonlySet<string>;

function copiedLines(fields: FieldList, leftOut: Names, facts: ForwardingFacts): FieldBlock | null {
  let block: FieldBlock | null = null;
  for (let index = 0; index < fields.size; index += 1) {
    if (!isCopied(fields.nameAt(index), leftOut, facts)) continue;
    block ??= fields.openBlock();
    fields.keepIn(block, index);
  }
  return block;
}

const unsafeInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** The listener on raw sockets has refused what Bun's accepts: DEL, characters beyond a byte, other expectations. */
function copiedFields(headers: RequestHeaders, leftOut: Names, facts: ForwardingFacts): string[] {
  const fields: string[] = [];
  headers.forEach((value, name) => {
    if (unsafeInValue.test(value))
      throw new CartwayError("invalid_header", { internal: `${name} has a control character` });
    if (name === "expect" && value.toLowerCase() !== "100-continue")
      throw new CartwayError("expectation_failed");
    if (isCopied(name, leftOut, facts)) fields.push(name, value);
  });
  return fields;
}

function isCopied(
  name: string,
  leftOut: Names,
  { isPeerTrusted, ownHeaders }: Pick<ForwardingFacts, "isPeerTrusted" | "ownHeaders">,
): boolean {
  if (notCopied.has(name) || leftOut.has(name)) return false;
  const code = firstCodes[name.charCodeAt(0)] ?? 0;
  if (code === 0 && leftOut.size === 0 && ownHeaders.size === 0) return true;
  const read = serviceNameOf(name);
  const isSpelledOtherwise = read !== name;
  if (isSpelledOtherwise && (notCopied.has(read) || leftOut.has(read))) return false;
  if (ownHeaders.size > 0 && ownHeaders.has(read)) return false;
  return code !== toldCode || isPeerTrusted || !toldByProxies.test(read);
}

/** An untrusted client could set a host, path, scheme, user or address of its choice, which many frameworks believe. */
const toldByProxies =
  /^(?:x-forwarded(?:-.+)?|x-original-.+|x-rewrite-url|x-url-scheme|front-end-https|forwarded-for|x-(?:cluster-)?client-ip|true-client-ip|cf-connecting-ip(?:v6)?|cf-pseudo-ipv4|fastly-client-ip|x-appengine-user-ip)$/;

/** Non-zero for the first characters of names that are not copied: rules out most other names with one look-up. */
const firstCodes = new Uint8Array(128);
for (const name of notCopied) firstCodes[name.charCodeAt(0)] = 1;
/** The same for forwarding headers. */
const toldCode = 2;
for (const letter of "cftx") firstCodes[letter.charCodeAt(0)] = toldCode;

function forwardingFields(headers: RequestHeaders, facts: ForwardingFacts): string[] {
  const { peerIp, isPeerTrusted, scheme, via } = facts;
  const passed = headers.get("via");
  if (passed?.includes(via) === true) throw new CartwayError("loop_detected");
  const before = isPeerTrusted ? headers.get("x-forwarded-for") : null;
  const fields = [
    "x-forwarded-for",
    before === null ? peerIp : `${before}, ${peerIp}`,
    "x-real-ip",
    facts.clientIp,
    "x-forwarded-proto",
    reportedScheme(headers, isPeerTrusted) ?? scheme,
    "x-forwarded-host",
    (isPeerTrusted ? headers.get("x-forwarded-host") : null) ?? headers.get("host") ?? "",
    "via",
    passed === null ? `1.1 ${via}` : `${passed}, 1.1 ${via}`,
  ];
  if (facts.forwarded) fields.push("forwarded", forwardedOf(headers, facts));
  return fields;
}

/** RFC 7239, section 4: the elements of a trusted proxy, followed by one for the peer. */
function forwardedOf(headers: RequestHeaders, { peerIp, isPeerTrusted, scheme }: ForwardingFacts): string {
  const node = peerIp.includes(":") ? `"[${peerIp}]"` : peerIp;
  const own = `for=${node};host="${headers.get("host") ?? ""}";proto=${scheme}`;
  const before = isPeerTrusted ? headers.get("forwarded") : null;
  return before === null ? own : `${before}, ${own}`;
}

function isUsual(connection: string): boolean {
  return connection === "keep-alive" || connection === "close" || connection === "Keep-Alive";
}
