import { endOfString } from "./end-of-string.ts";

const quote = 0x22;

/**
 * Whether a JSON text has more than `depthMax` objects and lists within one another. Told from the text: a value of 100,000
 * levels is parsed at once, and whatever walks it recursively spends a second on coming to the end of its stack.
 */
export function isNestedBeyond(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
