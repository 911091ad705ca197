import type { ConfigIssue } from "../../model/config-issue.ts";
import { nearestWord } from "./nearest-word.ts";

/** Names that are listed; the one that is likely meant is told whatever its place. */
const listedMax = 64;
/** Different names of one list that a likely one is looked for. */
const suggestedMax = 1000;

/** What was suggested, by the names there are: thousands of routes may name the one service that is missing. */
const suggested = new WeakMap<readonly string[], Map<string, string | undefined>>();

/** The issue of a place that names something which is not there. @param known the same array for all that is looked for in it. */
export function unknownName(kind: string, name: string, known: readonly string[], path: string): ConfigIssue {
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
