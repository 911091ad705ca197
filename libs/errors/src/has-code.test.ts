import { expect, test } from "bun:test";
import { hasCode } from "./has-code.ts";

const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });

test.each<[string, unknown, string, boolean]>([
  ["an error has its own code", missing, "ENOENT", true],
  ["an error has no other code", missing, "EACCES", false],
  ["an error without a code has none", new Error("ENOENT"), "ENOENT", false],
  ["what is no error has none", { code: "ENOENT" }, "ENOENT", false],
])("%s", (_, thrown, code, has) => {
  expect(hasCode(thrown, code)).toBe(has);
});
