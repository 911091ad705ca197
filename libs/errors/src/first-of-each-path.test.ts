import { expect, test } from "bun:test";
import { firstOfEachPath } from "./first-of-each-path.ts";

test("each path is reported once, with its first issue, up to the limit", () => {
  const issues = [
    { path: "/a", message: "Expected required property" },
    { path: "/b", message: "Unexpected property" },
    { path: "/a", message: "Expected string" },
    { path: "/c", message: "Expected string" },
  ];
  expect(firstOfEachPath(issues, 10).map(({ path }) => path)).toEqual(["/a", "/b", "/c"]);
  expect(firstOfEachPath(issues, 2)).toEqual(issues.slice(0, 2));
});

test("an endless list of issues is read only as far as needed", () => {
  function* endless() {
    for (let index = 0; ; index++) yield { path: `/${index}`, message: "wrong" };
  }
  expect(firstOfEachPath(endless(), 3).length).toBe(3);
});
