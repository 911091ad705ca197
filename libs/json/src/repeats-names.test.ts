import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { repeatsNames } from "./repeats-names.ts";

const repeats = (text: string): boolean => repeatsNames(text, JSON.parse(text));

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '[{"b":{"a":{"x":1},"a":2}}]',
  '{"a":{"x":1,"y":2},"a":{"x":1}}',
  '{"__proto__":1,"__proto__":2}',
])("a duplicate name in an object is detected: %s", (text) => {
  expect(repeats(text)).toBe(true);
});

test.each(['{"a":{"a":[{"a":1},{"a":1}]}}', '{"a:b":":\\":{","b":"a"}', "[[],{},null,1]", '"a:a"'])(
  "other repetitions are accepted: %s",
  (text) => {
    expect(repeats(text)).toBe(false);
  },
);

test("no serialised value has duplicate names", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => !repeats(text)));
});
