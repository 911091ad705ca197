import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hasCode } from "./has-code.ts";

test("an error of the system has its code, and nothing else has one", () => {
  let thrown: unknown;
  try {
    readFileSync("/nowhere/at/all");
  } catch (error) {
    thrown = error;
  }
  expect(hasCode(thrown, "ENOENT")).toBe(true);
  expect(hasCode(thrown, "EEXIST")).toBe(false);
  for (const other of [new Error("ENOENT"), { code: "ENOENT" }, "ENOENT", null])
    expect(hasCode(other, "ENOENT")).toBe(false);
});
