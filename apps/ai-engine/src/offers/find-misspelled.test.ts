import { expect, test } from "bun:test";
import { isOneSlipAway } from "./find-misspelled.ts";

const near = ["discunt", "disscount", "discoumt", "dicsount", "iscount", "discountt", "idscount"];
test.each(near)("%s is one edit away from discount", (word) => {
  expect(isOneSlipAway(word, "discount")).toBe(true);
  expect(isOneSlipAway("discount", word)).toBe(true);
});

const far = ["discount", "miscounted", "discuont s", "dsicuont", "count", "disco", "", "viscounts"];
test.each(far)("%s is not one edit away from discount", (word) => {
  expect(isOneSlipAway(word, "discount")).toBe(false);
  expect(isOneSlipAway("discount", word)).toBe(false);
});
