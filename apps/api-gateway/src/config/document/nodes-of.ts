import { type Document, isCollection, isNode, isPair, type Node, type Pair } from "yaml";

/**
 * All nodes and pairs of a document, in the order of its text. In place of the library's `visit`, which copies the path to each node: its
 * time grows with the square of the depth, and a few thousand brackets took seconds.
 */
export function* nodesOf({ contents }: Document): Generator<Node | Pair> {
  const open: unknown[] = [contents];
  while (open.length > 0) {
    const next = open.pop();
    if (isPair(next)) {
      yield next;
      open.push(next.value, next.key);
    } else if (isNode(next)) {
      yield next;
      if (!isCollection(next)) continue;
      // one by one: a list of 100,000 routes is too many arguments
      for (const item of next.items.toReversed()) open.push(item);
    }
  }
}
