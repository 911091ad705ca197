import type { ConfigIssue } from "../../model/config/config-issue.ts";
import { nearestWord } from "./nearest-word.ts";

/** Names that an issue lists. The suggestion is not limited to them. */
const listedMax = 64;
/** Bound on the names that suggestions are searched for, per list of known names. */
const suggestedMax = 1000;

/** Suggestions by list of known names: thousands of routes may name the same missing service. */
const suggested = new WeakMap<readonly string[], Map<string, string | undefined>>();

export interface UnknownName {
  /** What the name should stand for, such as `service`. */
  readonly kind: string;
  readonly name: string;
  /** All valid names. Suggestions are cached per array, so callers MUST pass the same one for the same names. */
  readonly known: readonly string[];
}

/** The issue at a path whose name is not one of those known. */
export function unknownName(path: string, { kind, name, known }: UnknownName): ConfigIssue {
  const suggestion = suggest(name, known);
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  const expected = known.length === 0 ? `${article} ${kind} (none is configured)` : `one of ${listed(known)}`;
  const message = `the ${kind} ${JSON.stringify(name)} does not exist`;
  return { path, message, expected, ...(suggestion === undefined ? {} : { suggestion }) };
}

function suggest(name: string, known: readonly string[]): string | undefined {
  const before = suggested.get(known) ?? new Map<string, string | undefined>();
  suggested.set(known, before);
  if (before.has(name) || before.size >= suggestedMax) return before.get(name);
  const found = nearestWord(name, known);
  before.set(name, found);
  return found;
}

function listed(known: readonly string[]): string {
  const names = known.slice(0, listedMax).join(", ");
  return known.length <= listedMax ? names : `${names} and ${known.length - listedMax} more`;
}
