import { standsAt } from "../message/stands-at.ts";

/**
 * The registered methods. Bun's `Request` would turn any other into GET. As in `node:http`, which is not imported for them: its five
 * hundred functions would be held in memory for this list.
 */
export const methods: readonly string[] = [
  "ACL",
  "BIND",
  "CHECKOUT",
  "CONNECT",
  "COPY",
  "DELETE",
  "GET",
  "HEAD",
  "LINK",
  "LOCK",
  "M-SEARCH",
  "MERGE",
  "MKACTIVITY",
  "MKCALENDAR",
  "MKCOL",
  "MOVE",
  "NOTIFY",
  "OPTIONS",
  "PATCH",
  "POST",
  "PROPFIND",
  "PROPPATCH",
  "PURGE",
  "PUT",
  "QUERY",
  "REBIND",
  "REPORT",
  "SEARCH",
  "SOURCE",
  "SUBSCRIBE",
  "TRACE",
  "UNBIND",
  "UNLINK",
  "UNLOCK",
  "UNSUBSCRIBE",
];

const byLength: string[][] = [];
for (const method of methods) {
  byLength[method.length] ??= [];
  byLength[method.length]?.push(method);
}

/** The method of `length` characters at the start of `text`; `null` for an unknown one. */
export function methodAt(text: string, length: number): string | null {
  const candidates = byLength[length];
  if (candidates === undefined) return null;
  for (const method of candidates) if (standsAt(text, 0, method)) return method;
  return null;
}
