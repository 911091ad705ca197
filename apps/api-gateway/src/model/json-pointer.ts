/** The keys that a JSON Pointer (RFC 6901) leads along, from the root on. */
export function pointerKeys(pointer: string): string[] {
  return pointer.split("/").slice(1).map(decodePointerKey);
}

/** A key as it stands in a pointer, unescaped. */
export function decodePointerKey(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** A key as a part of a pointer. */
export function encodePointerKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
