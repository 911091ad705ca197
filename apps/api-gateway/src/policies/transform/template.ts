import { compileClaimPath } from "../../identity/claim-mapping.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import { percentEscapes } from "../../model/identity/identity-word.ts";
import type { PolicyPlace } from "../../model/exchange/policy.ts";
import { oneOf } from "../path-parameters.ts";

/**
 * A text with values of the exchange in it, safe as a header value: what a header cannot hold becomes percent escapes of UTF-8. Left out, it
 * would write one caller's claim as another's: of a name with an invisible character in it, only the visible ones.
 */
export type Template = (exchange: Exchange) => string;

/** Creates a new value for each exchange, which may keep and change it. */
export type ReadValue = (exchange: Exchange) => unknown;

const requestValues: Readonly<Record<string, (exchange: Exchange) => string>> = {
  id: (exchange) => exchange.requestId,
  method: (exchange) => exchange.method,
  path: (exchange) => exchange.target.path,
  host: (exchange) => exchange.target.host,
  ip: (exchange) => exchange.clientIp,
};

const sources: ReadonlyMap<string, (name: string) => ReadValue> = new Map([
  ["param", (name) => (exchange) => exchange.params[name]],
  ["claim", readClaim],
  ["request", (name) => requestValues[name] ?? (() => undefined)],
]);

/** Claims are named as everywhere in the config: literally (`cognito:groups`), or by JSON Pointer (`/realm_access/roles`). */
function readClaim(name: string): ReadValue {
  const read = compileClaimPath(name);
  return ({ principal }) => (principal === null ? undefined : read(principal.claims));
}

/** `{source.name}`. The name ends before a quote too, since JSON values are checked as their text. */
const placeholder = /\{(\w+)\.([^{}"\\]+)\}/;

interface Placeholder {
  readonly source: string;
  readonly read: ReadValue;
}

/** Text in braces that is no placeholder is kept. */
function piecesOf(text: string): readonly (string | Placeholder)[] {
  const pieces: (string | Placeholder)[] = [];
  let rest = text;
  for (let found = placeholder.exec(rest); found !== null; found = placeholder.exec(rest)) {
    const [whole, source = "", name = ""] = found;
    const read = sources.get(source)?.(name);
    pieces.push(rest.slice(0, found.index), read === undefined ? whole : { source, read });
    rest = rest.slice(found.index + whole.length);
  }
  return [...pieces, rest].filter((piece) => piece !== "");
}

/** Compiles `text {param.x} {claim.sub} {request.id}`; absent values are empty. */
export function compileTemplate(text: string): Template {
  const pieces = piecesOf(text);
  if (pieces.every((piece) => typeof piece === "string")) return () => text;
  const parts = pieces.map((piece): Template => {
    if (typeof piece === "string") return () => piece;
    const { source, read } = piece;
    const prepare = source === "claim" ? escapePercent : asItIs;
    return (exchange) => toHeaderValue(prepare(toText(read(exchange))));
  });
  return (exchange) => parts.map((part) => part(exchange)).join("");
}

/**
 * The same within any JSON value. A string that is just one placeholder gets the placeholder's value with its type; `undefined` if that is
 * absent.
 */
export function compileValue(value: unknown): ReadValue {
  if (typeof value === "string") return compileText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileValue);
    return (exchange) => items.map((read) => read(exchange) ?? null);
  }
  if (typeof value !== "object" || value === null) return () => value;
  const members = Object.entries(value).map(([name, member]) => [name, compileValue(member)] as const);
  return (exchange) => Object.fromEntries(members.map(([name, read]) => [name, read(exchange)]));
}

function compileText(text: string): ReadValue {
  const pieces = piecesOf(text);
  if (pieces.every((piece) => typeof piece === "string")) return () => text;
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === "object")
    return (exchange) => structuredClone(only.read(exchange));
  return (exchange) =>
    pieces.map((piece) => (typeof piece === "string" ? piece : toText(piece.read(exchange)))).join("");
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Placeholders that would always be empty on this route, or stay as they are written. */
export function checkTemplate(text: string, place: PolicyPlace, path: string): ConfigIssue[] {
  return placeholdersOf(text).flatMap(({ source, name }) => {
    if (!sources.has(source)) {
      const message = `{${source}.${name}} is not a placeholder`;
      return [{ path, message, expected: "{param.NAME}, {claim.NAME} or {request.NAME}" }];
    }
    if (source === "param" && !place.parameters.includes(name))
      return [{ path, message: `the route's path has no parameter ${name}`, ...oneOf(place.parameters) }];
    if (source === "request" && !Object.hasOwn(requestValues, name))
      return [
        {
          path,
          message: `a request has no ${name}`,
          expected: `one of ${Object.keys(requestValues).join(", ")}`,
        },
      ];
    if (source !== "claim" || place.policies.includes("authenticate")) return [];
    const message = `the claim ${name} is unknown on this route`;
    return [{ path, message, expected: "an authenticate policy beside it" }];
  });
}

/** The first value that differs from caller to caller, such as `claim.sub`; `undefined` if there is none. */
export function personalValueOf(text: string): string | undefined {
  return placeholdersOf(text)
    .map(({ source, name }) => ({ source, value: `${source}.${name}` }))
    .find(({ source, value }) => source === "claim" || value === "request.id" || value === "request.ip")
    ?.value;
}

function placeholdersOf(text: string): readonly { readonly source: string; readonly name: string }[] {
  return [...text.matchAll(new RegExp(placeholder, "g"))].map(([, source = "", name = ""]) => ({
    source,
    name,
  }));
}

function toHeaderValue(text: string): string {
  return text.toWellFormed().replaceAll(/[^\t\x20-\x7e\x80-\xff]/gu, percentEscapes);
}

/** A percent sign that would read as an escape: a claim cannot spell the escapes of another one. */
function escapePercent(text: string): string {
  return text.replaceAll(/%(?=[0-9A-Fa-f]{2})/g, "%25");
}

const asItIs = (text: string): string => text;
