/**
 * Whether `part` is at `start` of `text`. Compares in place: `startsWith` and `indexOf` with a position leave compiled code, which takes
 * longer than comparing the few characters of a name or a version.
 */
export function standsAt(text: string, start: number, part: string): boolean {
  for (let index = 0; index < part.length; index += 1) {
    if (text.charCodeAt(start + index) !== part.charCodeAt(index)) return false;
  }
  return true;
}
