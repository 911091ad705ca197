import { expect, test } from "bun:test";
import { lowerNameAt, nameAt } from "./field-names.ts";

const names = ["Content-Type", "content-type", "Content-TYPE", "Content-Typo", "X-Shop", "HOST", "e", ""];

test.each(names)("a name is decoded as written, common or not: %p", (name) => {
  expect(nameAt(`A: 1\r\n${name}: 2\r\n`, 6, 6 + name.length)).toBe(name);
});

test.each([...names, "User^Agent", "X_Request_Id"])("a name is decoded in lower case: %p", (name) => {
  expect(lowerNameAt(`A: 1\r\n${name}: 2\r\n`, 6, 6 + name.length)).toBe(name.toLowerCase());
});
