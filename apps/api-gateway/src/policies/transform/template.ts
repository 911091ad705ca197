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

type Source = (exchange: Exchange, name: string) => unknown;

const sources: Readonly<Record<string, Source>> = {
  param: (exchange, name) => exchange.params[name],
  claim: (exchange, name) => exchange.principal?.claims[name],
  request: (exchange, name) => requestValues[name]?.(exchange),
};

const requestValues: Readonly<Record<string, (exchange: Exchange) => string>> = {
  id: (exchange) => exchange.requestId,
  method: (exchange) => exchange.method,
  path: (exchange) => exchange.target.path,
  host: (exchange) => exchange.target.host,
  ip: (exchange) => exchange.clientIp,
};

/** Compiles `text {param.x} {claim.sub} {request.id}`. Other text in braces is kept; absent values are empty. */
export function compileTemplate(text: string): Template {
  const parts = text.split(/\{(\w+\.\w+)\}/);
  if (parts.length === 1) return () => text;
  const pieces = parts.map((part, index): Template => {
    const [sourceName = "", name = ""] = index % 2 === 1 ? part.split(".") : [];
    const source = sources[sourceName];
    if (index % 2 === 0 || source === undefined) return () => (index % 2 === 1 ? `{${part}}` : part);
    const prepare = sourceName === "claim" ? escapePercent : asItIs;
    return (exchange) => toHeaderValue(prepare(toText(source(exchange, name))));
  });
  return (exchange) => pieces.map((piece) => piece(exchange)).join("");
}

/** Creates a new value for each exchange, which may keep and change it. */
export type ReadValue = (exchange: Exchange) => unknown;

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
  const [, sourceName = "", name = ""] = /^\{(\w+)\.(\w+)\}$/.exec(text) ?? [];
  const source = sources[sourceName];
  if (source !== undefined) return (exchange) => structuredClone(source(exchange, name));
  const parts = text.split(/(\{\w+\.\w+\})/);
  // plain text, or braces that are no placeholder
  if (parts.length === 1 || parts.every((part) => part === "" || part === text)) return () => text;
  const pieces = parts.map(compileText);
  return (exchange) => pieces.map((read) => toText(read(exchange))).join("");
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Placeholders that would always be empty on this route. */
export function checkTemplate(text: string, place: PolicyPlace, path: string): ConfigIssue[] {
  return [...text.matchAll(/\{(\w+)\.(\w+)\}/g)].flatMap(([, source = "", name = ""]) => {
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

function toHeaderValue(text: string): string {
  return text.toWellFormed().replaceAll(/[^\t\x20-\x7e\x80-\xff]/gu, percentEscapes);
}

/** A percent sign that would read as an escape: a claim cannot spell the escapes of another one. */
function escapePercent(text: string): string {
  return text.replaceAll(/%(?=[0-9A-Fa-f]{2})/g, "%25");
}

const asItIs = (text: string): string => text;
