import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { isNestedBeyond } from "./json-depth.ts";

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

test("the maximum depth passes, one more does not, in lists and in objects", () => {
  for (const [depth, expected] of [
    [64, false],
    [65, true],
    [500_000, true],
  ] as const) {
    expect(isNestedBeyond(nested(depth, "[", "]"), 64)).toBe(expected);
    expect(isNestedBeyond(`${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`, 64)).toBe(expected);
  }
});

test("brackets in strings, and many side by side, do not count", () => {
  expect(isNestedBeyond(JSON.stringify(["[".repeat(1000), '\\"[{'.repeat(1000)]), 64)).toBe(false);
  expect(isNestedBeyond(JSON.stringify(Array.from({ length: 1000 }, () => [{}])), 64)).toBe(false);
});

test("no document of moderate depth is refused", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => !isNestedBeyond(text, 64)));
});
