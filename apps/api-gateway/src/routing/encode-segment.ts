/** Encodes any value as one path segment: it can add neither a slash nor a dot segment. */
export function encodeSegment(value: string): string {
  return value === "." || value === ".." ? value.replaceAll(".", "%2E") : encodeURIComponent(value);
}
