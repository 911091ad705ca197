import { type Static, Type } from "@sinclair/typebox";
import { compileClaimPath } from "../../identity/claim-mapping.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";

const strict = { additionalProperties: false } as const;

const field = (pattern: string, description: string) => Type.String({ pattern, description });

export const hashKeySchema = Type.Union(
  [
    Type.Literal("ip"),
    Type.Object(
      { header: field("^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$", "A header, by its lower-case name.") },
      strict,
    ),
    Type.Object(
      { cookie: field("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$", "A cookie that the client has, by its name.") },
      strict,
    ),
    Type.Object({ claim: field("^.{1,256}$", "A claim's name, or a JSON Pointer (RFC 6901).") }, strict),
  ],
  { description: "What is hashed; the client's address for requests without it." },
);

/** What a request is hashed by. */
export type ReadHashKey = (exchange: Exchange) => string;

/** Compiled once. */
export function compileHashKey(by: Static<typeof hashKeySchema>): ReadHashKey {
  if (by === "ip") return (exchange) => exchange.clientIp;
  if ("header" in by) return (exchange) => exchange.request.headers.get(by.header) ?? exchange.clientIp;
  if ("cookie" in by) return (exchange) => cookieOf(exchange, by.cookie) ?? exchange.clientIp;
  const read = compileClaimPath(by.claim);
  return (exchange) => {
    const value = exchange.principal === null ? undefined : read(exchange.principal.claims);
    return typeof value === "string" || typeof value === "number" ? `${value}` : exchange.clientIp;
  };
}

function cookieOf({ request }: Exchange, name: string): string | null {
  const header = request.headers.get("cookie");
  if (header === null) return null;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
