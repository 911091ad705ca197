/** Where the first comment of a text that is meant as JSON begins, outside of what stands in quotes; `null` where there is none. */
export function jsonCommentAt(text: string): number | null {
  for (const { 0: found, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"|\/[/*]/g)) {
    if (!found.startsWith('"')) return index;
  }
  return null;
}
