import { expect, test } from "bun:test";
import { nameAt } from "./common-names.ts";

test.each(["Content-Type", "content-type", "Content-TYPE", "Content-Typo", "X-Shop", "e", ""])(
  "a name is read as it stands there, common or not: %p",
  (name) => {
    expect(nameAt(`A: 1\r\n${name}: 2\r\n`, 6, 6 + name.length)).toBe(name);
  },
);
