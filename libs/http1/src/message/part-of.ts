/** Typed arrays up to this size live in the garbage-collected heap (JavaScriptCore's `fastSizeLimit`). */
const heapBytesMax = 1000;

/**
 * A part of what was read from a socket, to be kept. The whole is returned as it is, a large part as a view, a small one as a copy: the
 * first view of a small array moves it out of the garbage-collected heap, which costs 0.5 us and work in each collection; a copy costs a
 * tenth.
 */
export function partOf(bytes: Buffer, start: number, end: number): Uint8Array {
  if (start === 0 && end === bytes.length) return bytes;
  if (bytes.length > heapBytesMax) return bytes.subarray(start, end);
  const part = new Uint8Array(end - start);
  bytes.copy(part, 0, start, end);
  return part;
}
