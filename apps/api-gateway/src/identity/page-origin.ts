import type { ConfigIssue } from "../model/config/config-issue.ts";

/** Checks an origin in a config: only the browsers' own spelling can ever match. */
export function checkPageOrigin(text: string, path: string): ConfigIssue[] {
  if (URL.parse(text)?.origin === text) return [];
  const expected = "scheme, host in lower case, and port where it is not the usual one";
  return [{ path, message: `${text} is not the origin of a page`, expected }];
}
