/** The position of the first comment in a text meant as JSON, outside of strings; `null` for none. */
export function jsonCommentAt(text: string): number | null {
  for (const { 0: found, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"|\/[/*]/g)) {
    if (!found.startsWith('"')) return index;
  }
  return null;
}
