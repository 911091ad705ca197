import { expect, test } from "bun:test";
import { listedNames } from "./listed-names.ts";

test.each([
  ["", []],
  ["close", ["close"]],
  ["Keep-Alive , X-Mine,,\tTE ", ["keep-alive", "x-mine", "te"]],
  [" , ", []],
])("the names in %p are %p", (value, names) => {
  expect(listedNames(value)).toEqual(names);
});
