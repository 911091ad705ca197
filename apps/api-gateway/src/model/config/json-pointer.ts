/** The keys of a JSON Pointer (RFC 6901), from the root on. */
export function pointerKeys(pointer: string): string[] {
  return pointer.split("/").slice(1).map(decodePointerKey);
}

/** Unescapes one key of a pointer. */
export function decodePointerKey(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Escapes a key for use in a pointer. */
export function encodePointerKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
