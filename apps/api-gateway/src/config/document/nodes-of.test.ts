import { expect, test } from "bun:test";
import { isAlias, isScalar, parseDocument } from "yaml";
import { nodesOf } from "./nodes-of.ts";

test("scalars and aliases are yielded in the order of the text, names before their values", () => {
  const document = parseDocument("a: &x [1, { b: 2 }]\nc: *x\nd:\n  - e\n");
  const read = [...nodesOf(document)].flatMap((node) => {
    if (isAlias(node)) return [`*${node.source}`];
    return isScalar(node) ? [node.value] : [];
  });
  expect(read).toEqual(["a", 1, "b", 2, "c", "*x", "d", "e"]);
});

test("an empty document has none, and one of thousands of levels all of its own", () => {
  expect([...nodesOf(parseDocument(""))]).toEqual([]);
  const depth = 3000;
  expect([...nodesOf(parseDocument(`${"[".repeat(depth)}${"]".repeat(depth)}`))]).toHaveLength(depth);
});
