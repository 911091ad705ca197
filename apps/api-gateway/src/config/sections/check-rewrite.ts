import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { parsePathPattern } from "../../routing/path-pattern.ts";
import type { RouteConfig } from "../schema.ts";
import { unknownName } from "../suggestions/unknown-name.ts";
import { asSent } from "./as-sent.ts";

/** That a route's path can become what the service is to get. @param known the names of the path's parameters. */
export function checkRewrite(
  { path, match }: Pick<RouteConfig, "path" | "match">,
  at: string,
  known: readonly string[],
): ConfigIssue[] {
  const { stripPrefix, addPrefix, template } = path;
  const other = stripPrefix === undefined ? "addPrefix" : "stripPrefix";
  if (template !== undefined && path[other] !== undefined) {
    const message = `${other} and template are both given`;
    return [{ path: at, message, expected: "one of them" }];
  }
  if (stripPrefix !== undefined && !isStripped(stripPrefix, match.path)) {
    const message = `${stripPrefix} is not what all requests of ${match.path} begin with: nothing would be stripped`;
    const expected = "whole segments from the beginning of the route's path, without parameters";
    return [{ path: `${at}/stripPrefix`, message, expected }];
  }
  return [
    ...(addPrefix === undefined ? [] : checkAdded(addPrefix, `${at}/addPrefix`)),
    ...[...(template ?? "").matchAll(/\{(\w+)\}/g)].flatMap(([, name = ""]) =>
      known.includes(name) ? [] : [unknownName(`${at}/template`, { kind: "path parameter", name, known })],
    ),
  ];
}

/** It is compared with request paths, not with the route's pattern. */
function isStripped(prefix: string, path: string): boolean {
  return !/[{*]/.test(prefix) && `${path}/`.startsWith(`${prefix}/`);
}

/** What the service gets would otherwise be another path for it than for the gateway. */
function checkAdded(prefix: string, path: string): ConfigIssue[] {
  const isLiteral = parsePathPattern(prefix)?.segments.every(({ kind }) => kind === "literal") ?? false;
  const sent = isLiteral ? asSent(prefix) : null;
  if (sent === prefix) return [];
  const message = `${JSON.stringify(prefix)} cannot begin a path`;
  const expected =
    "literal segments, percent-encoded where they must be, without dot segments; template fills in parameters";
  return [{ path, message, expected, ...(sent === null ? {} : { suggestion: sent }) }];
}
