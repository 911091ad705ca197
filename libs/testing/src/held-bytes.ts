import { heapStats } from "bun:jsc";

/** Bytes that are held after a whole collection: the heap, and what its objects hold outside of it. */
export function heldBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}
