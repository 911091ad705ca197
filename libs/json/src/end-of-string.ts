const quote = 0x22;
const backslash = 0x5c;

/** Where the string of a JSON text ends that begins at `start`: at its closing quote. */
export function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === backslash) index += 1;
    else if (code === quote) return index;
  }
  return text.length;
}
