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
import { connectionFields } from "../model/connection-fields.ts";
import { HeaderList } from "../model/header-list.ts";
import { reservedHeaderNames } from "../model/reserved-headers.ts";
import { serviceNameOf } from "../model/service-name-of.ts";
import { sharedLines } from "./shared-lines.ts";

export interface ForwardingFacts {
  /** That it came on; `null` where the listener does not tell. */
  readonly connection: RequestOrigin | null;
  readonly clientIp: string;
  readonly peerIp: string;
  /** Whether the peer is a trusted proxy, whose forwarding headers are continued; a stranger's are replaced. */
  readonly isPeerTrusted: boolean;
  readonly scheme: string;
  readonly requestId: string;
  /** This instance in `Via`. */
  readonly via: string;
  /** Whether `Forwarded` is written too. */
  readonly forwarded: boolean;
  /** What identities of the config tell services in headers of their own; empty nearly everywhere. */
  readonly ownHeaders: ReadonlySet<string>;
}

/** Never copied: they end with their connection (RFC 9110, 7.6.1), are framing, or are written anew below. */
const notCopied: ReadonlySet<string> = new Set([
  ...connectionFields,
  "proxy-authorization",
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
  // what proxies tell of a client's certificate: services are told who calls, and nobody else may say so
  "client-cert",
  "client-cert-chain",
  "x-forwarded-client-cert",
  // a pass for the gateway and for nobody behind it
  debugPassHeader,
  ...reservedHeaderNames,
]);

/**
 * What the service will receive of a request's headers: no hop-by-hop field, none that only the gateway may set, and the
 * forwarding headers told by the gateway itself. `Expect: 100-continue` is answered by the listener, other expectations are
 * refused (RFC 9110, section 10.1.1).
 *
 * @param withheld fields that the route's policies keep from its service.
 * @throws CartwayError `loop_detected` where this instance stands in `Via`, `invalid_header`, `expectation_failed`.
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
  const own = facts.ownHeaders.size === 0 ? null : facts.ownHeaders;
  const shared = sharedLines(headers, facts, forwardingFields);
  const told = shared === null ? forwardingFields(headers, facts) : [];
  told.push("x-request-id", facts.requestId);
  const te = headers.get("te");
  // Of a connection that becomes a tunnel `Connection` says something else.
  if (te !== null && takesTrailers(te) && !headers.has("upgrade"))
    told.push("connection", "te", "te", "trailers");
  const list =
    headers instanceof FieldList && !headers.repeats
      ? new HeaderList(told, copiedLines(headers, leftOut, own))
      : new HeaderList([...copiedFields(headers, leftOut, own), ...told]);
  if (shared !== null) list.share(shared);
  return list;
}

type Names = ReadonlySet<string>;

function copiedLines(fields: FieldList, leftOut: Names, own: Names | null): FieldBlock | null {
  let block: FieldBlock | null = null;
  for (let index = 0; index < fields.size; index += 1) {
    const name = fields.nameAt(index);
    if (!isCopied(name, leftOut) || (own !== null && isCopyOf(name, own))) continue;
    block ??= fields.openBlock();
    fields.keepIn(block, index);
  }
  return block;
}

const unsafeInValue = /[^\t\x20-\x7e\x80-\xff]/;

/** The listener on raw sockets has refused what Bun's lets through: DEL, what is no byte, and any other expectation. */
function copiedFields(headers: RequestHeaders, leftOut: Names, own: Names | null): string[] {
  const fields: string[] = [];
  headers.forEach((value, name) => {
    if (unsafeInValue.test(value))
      throw new CartwayError("invalid_header", { internal: `${name} has a control character` });
    if (name === "expect" && value.toLowerCase() !== "100-continue")
      throw new CartwayError("expectation_failed");
    if (isCopied(name, leftOut) && (own === null || !isCopyOf(name, own))) fields.push(name, value);
  });
  return fields;
}

function isCopied(name: string, leftOut: Names): boolean {
  return !notCopied.has(name) && !leftOut.has(name) && !isCopyOfOwn(name);
}

/** Not 0 for what a name that is not copied begins with: most others are known by that alone. */
const firstCodes = new Uint8Array(128);
for (const name of notCopied) firstCodes[name.charCodeAt(0)] = 1;

function isCopyOfOwn(name: string): boolean {
  return firstCodes[name.charCodeAt(0)] === 1 && notCopied.has(serviceNameOf(name));
}

function isCopyOf(name: string, own: ReadonlySet<string>): boolean {
  return own.has(serviceNameOf(name));
}

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
    (isPeerTrusted ? headers.get("x-forwarded-proto") : null) ?? scheme,
    "x-forwarded-host",
    (isPeerTrusted ? headers.get("x-forwarded-host") : null) ?? headers.get("host") ?? "",
    "via",
    passed === null ? `1.1 ${via}` : `${passed}, 1.1 ${via}`,
  ];
  if (facts.forwarded) fields.push("forwarded", forwardedOf(headers, facts));
  return fields;
}

/** RFC 7239, section 4: what a trusted proxy has written of those before it, and one element for whoever connected here. */
function forwardedOf(headers: RequestHeaders, { peerIp, isPeerTrusted, scheme }: ForwardingFacts): string {
  const node = peerIp.includes(":") ? `"[${peerIp}]"` : peerIp;
  const own = `for=${node};host="${headers.get("host") ?? ""}";proto=${scheme}`;
  const before = isPeerTrusted ? headers.get("forwarded") : null;
  return before === null ? own : `${before}, ${own}`;
}

function isUsual(connection: string): boolean {
  return connection === "keep-alive" || connection === "close" || connection === "Keep-Alive";
}
