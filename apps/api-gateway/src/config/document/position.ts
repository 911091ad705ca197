import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from "yaml";
import { pointerKeys } from "../../model/config/json-pointer.ts";
import type { Position } from "./config-document.ts";

export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** The position of a JSON Pointer's part, or of the nearest one around it: for a field that of its name, for a list entry its own. */
export function positionOf(document: Document, lines: LineCounter, path: string): Position {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const key of pointerKeys(path)) {
    const [place, inner] = step(node, key);
    const found = offsetOf(place);
    if (found === undefined) break;
    [offset, node] = [found, inner];
  }
  return positionAt(lines, offset);
}

/** The node of a key, and of its value. */
function step(node: unknown, key: string): readonly [unknown, unknown] {
  if (isSeq(node)) return [node.items[Number(key)], node.items[Number(key)]];
  if (!isMap(node)) return [undefined, undefined];
  const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
  return [pair?.key, pair?.value];
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
