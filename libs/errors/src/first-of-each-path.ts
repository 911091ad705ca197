import type { InputIssue } from "./cartway-error.ts";

/**
 * Deduplicates a schema's issues by path, up to `issuesMax`: TypeBox reports a missing field both as missing and as of the wrong type,
 * and the first suffices. Reads no further than necessary.
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
