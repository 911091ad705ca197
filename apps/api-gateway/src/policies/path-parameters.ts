import type { ConfigIssue } from "../model/config/config-issue.ts";
import type { PolicyPlace } from "../model/exchange/policy.ts";

/** The path's parameters, for a check's `expected`. */
export function oneOf(parameters: readonly string[]): { readonly expected: string } {
  return { expected: parameters.length === 0 ? "a path with {names}" : `one of ${parameters.join(", ")}` };
}

/** Placeholders `{name}` without a path parameter, which would be empty. */
export function checkNames(text: string, { parameters }: PolicyPlace, path: string): ConfigIssue[] {
  const named = [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return named
    .filter((name) => !parameters.includes(name))
    .map((name) => ({ path, message: `the route's path has no parameter ${name}`, ...oneOf(parameters) }));
}
