import type { ConfigIssue } from "../model/config-issue.ts";
import { nearestWord } from "./nearest-word.ts";

/** The issue of a place that names something which is not there. */
export function unknownName(kind: string, name: string, known: readonly string[], path: string): ConfigIssue {
  const suggestion = nearestWord(name, known);
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  const expected =
    known.length === 0 ? `${article} ${kind} (none is configured)` : `one of ${known.join(", ")}`;
  const message = `the ${kind} ${JSON.stringify(name)} does not exist`;
  return { path, message, expected, ...(suggestion === undefined ? {} : { suggestion }) };
}
