import type { ConfigIssue } from "../model/config/config-issue.ts";

/** Allows underscores, which container names may have. */
const hostname = /^(?:[\w.-]+|\[[\da-f:.]+\])$/;

/**
 * Checks what a pattern cannot: that host and port of an address are valid. Otherwise the first connection would reveal it.
 */
export function checkOrigin(url: string, path: string): ConfigIssue[] {
  const origin = URL.parse(url);
  if (origin !== null && origin.port !== "0" && hostname.test(origin.hostname)) return [];
  const message = `${JSON.stringify(url)} is no address that can be connected to`;
  return [{ path, message, expected: url.includes("${") ? noVariables : address }];
}

const address = "a host name or an address, IPv6 in brackets, and a port from 1 to 65535";
const noVariables =
  "the address itself: no variables are filled in; overlays and TypeScript configs tell environments apart";
