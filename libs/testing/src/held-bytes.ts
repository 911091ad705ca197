import { heapStats } from "bun:jsc";

/** Memory in use after a full garbage collection: the heap, and external memory of its objects. */
export function heldBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}
