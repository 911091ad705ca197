const quote = 0x22;
const backslash = 0x5c;

/** The index of the closing quote of the JSON string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return text.length;
}
