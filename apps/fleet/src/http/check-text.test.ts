import { expect, test } from "bun:test";
import { requireStorable } from "./check-text.ts";

test("text that the database cannot store is refused anywhere in a value", () => {
  const refused = ["a\0b", "\ud800", { a: ["\0"] }, { "\0": 1 }, { a: { b: "\udfff" } }];
  for (const value of refused) expect(() => requireStorable(value)).toThrow();
});

test("all other values pass, surrogate pairs included", () => {
  for (const value of ["", "😀", { a: [1, true, null, "é"] }, undefined, 7]) requireStorable(value);
});
