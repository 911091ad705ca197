import { endOfString } from "./end-of-string.ts";

const quote = 0x22;

/**
 * Whether a JSON text nests more than `depthMax` objects and arrays. Checked on the text: 100,000 levels parse quickly, but any recursive
 * walk of the value takes a second to overflow the stack.
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
