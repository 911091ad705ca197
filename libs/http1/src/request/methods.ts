import { standsAt } from "../message/stands-at.ts";

import { METHODS } from "node:http";

/** The registered methods, by length. Bun's `Request` would turn any other into GET. */
const byLength: string[][] = [];
for (const method of METHODS) {
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
