const quote = 0x22;
const backslash = 0x5c;

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

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return text.length;
}
