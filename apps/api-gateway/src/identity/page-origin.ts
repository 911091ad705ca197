import type { ConfigIssue } from "../model/config-issue.ts";

/** What is wrong with a page's origin in a config: any other spelling than that of browsers would never be theirs. */
export function checkPageOrigin(text: string, path: string): ConfigIssue[] {
  if (URL.parse(text)?.origin === text) return [];
  const expected = "scheme, host in lower case, and port where it is not the usual one";
  return [{ path, message: `${text} is no page's origin`, expected }];
}
