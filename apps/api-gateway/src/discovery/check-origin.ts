import type { ConfigIssue } from "../model/config-issue.ts";

/**
 * What no pattern can tell of an address that looks like one: that its host cannot be one, or its port. Without this it would be found out
 * when a connection is opened.
 */
export function checkOrigin(url: string, path: string): ConfigIssue[] {
  if (URL.canParse(url) && new URL(url).port !== "0") return [];
  const expected = "a host name or an address, IPv6 in brackets, and a port from 1 to 65535";
  return [{ path, message: `${JSON.stringify(url)} is no address that can be connected to`, expected }];
}
