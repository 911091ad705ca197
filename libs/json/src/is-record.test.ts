import { expect, test } from "bun:test";
import { isRecord } from "./is-record.ts";

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [JSON.parse('{"__proto__":1}'), true],
  [[], false],
  [[{}], false],
  [null, false],
  [undefined, false],
  ["{}", false],
  [1, false],
  [() => ({}), false],
])("%p is a JSON object: %p", (value, is) => {
  expect(isRecord(value)).toBe(is);
});
