import { endOfString } from "./end-of-string.ts";

const quote = 0x22;
const colon = 0x3a;

/**
 * Whether any object of a JSON text has a duplicate name. Parsers differ in which one they use (RFC 8259, section 4), so a check of one
 * could let the other pass.
 * @param value the parsed text.
 */
export function repeatsNames(text: string, value: unknown): boolean {
  return membersIn(text) !== membersOf(value);
}

function membersIn(text: string): number {
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === colon) members += 1;
  }
  return members;
}

/** Counts the members of the parsed value, where duplicates have collapsed into one. */
function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts: readonly unknown[] = Object.values(value);
  return parts.reduce((sum: number, part) => sum + membersOf(part), Array.isArray(value) ? 0 : parts.length);
}
