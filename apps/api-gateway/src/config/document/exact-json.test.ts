import { expect, test } from "bun:test";
import { exactJson } from "./exact-json.ts";

test("valid JSON is parsed in any layout", () => {
  const value = {
    version: 1,
    "a b": [" x  y ", 'he said "no" \\', { deep: [1.5, -2, true, null, {}, []] }],
    ü: "é",
  };
  for (const indent of [0, 1, 2, "\t"]) expect(exactJson(JSON.stringify(value, null, indent))).toEqual(value);
  expect(exactJson(`\n ${JSON.stringify(value)}\n`)).toEqual(value);
});

test.each([
  ["a name that stands twice", '{"a": 1, "a": 2}'],
  ["a name that stands twice below", '{"a": [{"b": 1, "c": 2, "b": 1}]}'],
  ["YAML", "{a: 1}"],
  ["a list", "[1]"],
  ["nothing", ""],
  ["null", "null"],
  ["what is not at its end", '{"a": '],
  ["a comment", '{"a": 1} // one'],
  ["a number that JavaScript writes otherwise", '{"a": 1.0}'],
  ["a number that JavaScript cannot hold", '{"a": 12345678901234567890}'],
  ["an escape that need not be one", '{"a": "\\u0041"}'],
  ["a name that is a number out of place", '{"b": 1, "1": 2}'],
  ["what is nested too deep", `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`],
])("%s is left to the YAML parser", (_what, text) => {
  expect(exactJson(text)).toBeUndefined();
});
