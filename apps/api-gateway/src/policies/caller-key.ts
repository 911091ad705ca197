import { digestOf } from "@libs/auth";
import { ipKey } from "@libs/ip";
import { type Static, Type } from "@sinclair/typebox";
import { compileClaimPath } from "../identity/claim-mapping.ts";
import type { Exchange } from "../model/exchange/exchange.ts";
import { callerOf, shorten } from "./known-caller.ts";

/** What identifies a caller. */
export const callerKeyPart = Type.Union(
  [
    Type.Literal("ip"),
    Type.Literal("user"),
    Type.Literal("tenant"),
    Type.Literal("key"),
    Type.Literal("route"),
    Type.Object(
      {
        header: Type.String({
          description: "The value of this header, in lower case.",
          pattern: "^[a-z0-9-]+$",
          maxLength: 64,
        }),
      },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        claim: Type.String({
          description: "The value of this claim, by its name or as a JSON Pointer.",
          minLength: 1,
          maxLength: 256,
        }),
      },
      { additionalProperties: false },
    ),
  ],
  { description: "ip, user, tenant, key (an API key), route, { header: NAME } or { claim: NAME }." },
);

export type CallerKeyPart = Static<typeof callerKeyPart>;

/** The parts of a request or connection that identify its caller. */
export type CallerFacts = Pick<Exchange, "principal" | "tenantId" | "clientIp" | "routeId"> & {
  readonly request: { readonly headers: { get(name: string): string | null } };
};

/** The key of a caller. Long values, and headers, which may be secrets, are digested. */
export type ReadCallerKey = (caller: CallerFacts) => string;

/** Compiled once per config. Parts are length-prefixed, so that no two lists of values give the same key. */
export function compileCallerKey(parts: readonly CallerKeyPart[]): ReadCallerKey {
  const readers = parts.map(compilePart);
  const [only] = readers;
  if (only !== undefined && readers.length === 1) return only;
  return (exchange) =>
    readers
      .map((read) => read(exchange))
      .map((part) => `${part.length}:${part}`)
      .join("");
}

function compilePart(part: CallerKeyPart): ReadCallerKey {
  if (typeof part === "object") {
    return "header" in part ? compileHeader(part.header) : compileClaim(part.claim);
  }
  return simpleParts[part];
}

const simpleParts = {
  ip: byAddress,
  route: ({ routeId }: CallerFacts) => routeId,
  tenant: (exchange: CallerFacts) =>
    exchange.tenantId === null ? byAddress(exchange) : `tenant ${exchange.tenantId}`,
  user: (exchange: CallerFacts) => {
    const { principal } = exchange;
    return principal === null ? byAddress(exchange) : callerOf(principal).name;
  },
  key: (exchange: CallerFacts) => {
    const { principal } = exchange;
    const isKey = principal?.method === "api-key" && principal.sessionId !== null;
    return isKey ? `key ${principal.sessionId}` : byAddress(exchange);
  },
} as const satisfies Record<string, ReadCallerKey>;

function byAddress({ clientIp }: CallerFacts): string {
  return `ip ${ipKey(clientIp)}`;
}

function compileHeader(name: string): ReadCallerKey {
  return (exchange) => {
    const value = exchange.request.headers.get(name);
    return value === null ? byAddress(exchange) : `header ${digestOf(value)}`;
  };
}

function compileClaim(path: string): ReadCallerKey {
  const read = compileClaimPath(path);
  return (exchange) => {
    const value = exchange.principal === null ? undefined : read(exchange.principal.claims);
    const isKeyable = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    return isKeyable ? shorten(`claim ${value}`) : byAddress(exchange);
  };
}
