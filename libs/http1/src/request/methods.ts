import { METHODS } from "node:http";

/** By length. The methods that HTTP and its extensions have registered; Bun's `Request` takes any other for GET. */
const byLength: string[][] = [];
for (const method of METHODS) {
  byLength[method.length] ??= [];
  byLength[method.length]?.push(method);
}

/** The method that stands at the start of `text` and has `length` characters; `null` where nobody knows it. */
export function methodAt(text: string, length: number): string | null {
  const candidates = byLength[length];
  if (candidates === undefined) return null;
  for (const method of candidates) if (text.startsWith(method)) return method;
  return null;
}
