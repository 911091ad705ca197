import { expect, test } from "bun:test";
import { requireStorable } from "./check-text.ts";

test("what the database cannot keep as it is, is refused wherever it stands", () => {
  const refused = ["a\0b", "\ud800", { a: ["\0"] }, { "\0": 1 }, { a: { b: "\udfff" } }];
  for (const value of refused) expect(() => requireStorable(value)).toThrow();
});

test("all other values pass, pairs of surrogates among them", () => {
  for (const value of ["", "😀", { a: [1, true, null, "é"] }, undefined, 7]) requireStorable(value);
});
