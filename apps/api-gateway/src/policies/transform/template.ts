import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { PolicyPlace } from "../../model/policy.ts";
import { oneOf } from "../path-parameters.ts";

/** A text with values of the exchange in it, safe as a header value: what a header cannot hold is left out. */
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

/** Compiles `text {param.x} {claim.sub} {request.id}`. Anything else in braces stays as it is; what is absent is empty. */
export function compileTemplate(text: string): Template {
  const parts = text.split(/\{(\w+\.\w+)\}/);
  if (parts.length === 1) return () => text;
  const pieces = parts.map((part, index): Template => {
    const [sourceName = "", name = ""] = index % 2 === 1 ? part.split(".") : [];
    const source = sources[sourceName];
    if (index % 2 === 0 || source === undefined) return () => (index % 2 === 1 ? `{${part}}` : part);
    return (exchange) => toHeaderValue(source(exchange, name));
  });
  return (exchange) => pieces.map((piece) => piece(exchange)).join("");
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
    const message = `the claim ${name} is known of nobody on this route`;
    return [{ path, message, expected: "an authenticate policy beside it" }];
  });
}

function toHeaderValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "");
}
