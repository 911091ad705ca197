import { edenGC } from "bun:jsc";

/** Each leaves some 40 KB of garbage by the time that it is in its rooms. */
const openedBetweenCollections = 256;

/**
 * Collects young garbage while many connections open. Left alone, the engine lets the heap grow to two or three times of what is in use.
 * The objects of connections then lie scattered over all of it, and since nothing ever moves, it stays resident for as long as they are
 * open: a third more a connection. Many small collections take no more time than the few large ones.
 *
 * @param connectionsMade so far, the present one included
 */
export function collectWhileOpening(connectionsMade: number, collect: () => unknown = edenGC): void {
  if (connectionsMade % openedBetweenCollections === 0) collect();
}
