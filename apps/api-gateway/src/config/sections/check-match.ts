import { methods as registered } from "@libs/http1";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { encodePointerKey } from "../../model/config/json-pointer.ts";
import { reservedHeaderNames } from "../../model/http/reserved-headers.ts";
import type { PathRules } from "../../routing/normalize-path.ts";
import { parsePathPattern, pathPatternExpectation } from "../../routing/path-pattern.ts";
import type { ValueMatch } from "../../routing/value-rule.ts";
import { suggestPath } from "../suggestions/suggest-path.ts";
import type { RouteConfig } from "../schema.ts";
import { unknownName } from "../suggestions/unknown-name.ts";
import { asSent } from "./as-sent.ts";

/** The listener refuses other methods before routing. */
const served = registered.filter((method) => method !== "CONNECT" && method !== "TRACE");

/** Checks that requests can match: paths in the form they are sent in, and methods that are served. */
export function checkMatch(
  { path, methods = [], headers = {}, cookies = {}, query = {} }: RouteConfig["match"],
  at: string,
  rules: PathRules,
): ConfigIssue[] {
  return [
    ...checkValues(headers, `${at}/headers`),
    ...checkValues(cookies, `${at}/cookies`),
    ...checkValues(query, `${at}/query`),
    ...Object.keys(headers).flatMap((name) => checkBelieved(name, `${at}/headers`)),
    ...checkPath(path, `${at}/path`, rules),
    ...methods.flatMap((method, index) =>
      served.includes(method)
        ? []
        : [unknownName(`${at}/methods/${index}`, { kind: "method", name: method, known: served })],
    ),
  ];
}

function checkValues(matches: Readonly<Record<string, ValueMatch>>, at: string): ConfigIssue[] {
  return Object.entries(matches).flatMap(([name, match]) => {
    if (typeof match === "string" || Object.keys(match).length === 1) return [];
    const path = `${at}/${encodePointerKey(name)}`;
    const message = `${name} is asked for in ${Object.keys(match).length === 0 ? "no" : "more than one"} way`;
    return [{ path, message, expected: "a string, or one of prefix, glob and present" }];
  });
}

/** Reserved headers cannot be matched: callers could choose another caller's route by setting them. */
function checkBelieved(name: string, at: string): ConfigIssue[] {
  if (!reservedHeaderNames.has(name)) return [];
  const message = `${name} is the gateway's own: what clients send by that name is not believed`;
  return [{ path: `${at}/${name}`, message, expected: "another header" }];
}

function checkPath(text: string, path: string, rules: PathRules): ConfigIssue[] {
  const [, repeated] = /\{(\w+)\}.*\{\1\}/.exec(text) ?? [];
  if (repeated !== undefined) {
    const message = `the path parameter "${repeated}" stands twice in ${JSON.stringify(text)}`;
    return [{ path, message, expected: "a name of its own for each parameter" }];
  }
  if (parsePathPattern(text) === null) {
    const suggestion = suggestPath(text);
    const message = `${JSON.stringify(text)} is not a path pattern`;
    return [
      { path, message, expected: pathPatternExpectation, ...(suggestion === null ? {} : { suggestion }) },
    ];
  }
  const sent = asSent(text, rules);
  if (sent === text) return [];
  const message = `no request has the path ${JSON.stringify(text)}`;
  const expected = "it percent-encoded, in upper case and only where it must be, without dot segments";
  return [{ path, message, expected, ...(sent === null ? {} : { suggestion: sent }) }];
}
