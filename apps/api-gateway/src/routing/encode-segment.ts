/** A value as one segment of a path, whatever it holds: it can add no slash and no dot segment. */
export function encodeSegment(value: string): string {
  return value === "." || value === ".." ? value.replaceAll(".", "%2E") : encodeURIComponent(value);
}
