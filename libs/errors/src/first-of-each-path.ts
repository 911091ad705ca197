import type { InputIssue } from "./cartway-error.ts";

/**
 * What a schema found wrong, each place once, at most `issuesMax`: TypeBox tells a missing field by its absence and again
 * by its type, and the first says it all. Reads no further than it must.
 */
export function firstOfEachPath(issues: Iterable<InputIssue>, issuesMax: number): readonly InputIssue[] {
  const found = new Map<string, InputIssue>();
  for (const { path, message } of issues) {
    if (found.has(path)) continue;
    if (found.size === issuesMax) break;
    found.set(path, { path, message });
  }
  return [...found.values()];
}
