import { expect, test } from "bun:test";
import { median } from "./median.ts";

test("the median is the value in the middle, whatever the order", () => {
  expect(median([7])).toBe(7);
  expect(median([100, 2, 10])).toBe(10);
});

test("of an even number of values it is between the two in the middle", () => {
  expect(median([4, 1])).toBe(2.5);
  expect(median([40, 10, 20, 30])).toBe(25);
});

test("no values have no median, and the values are left as they were", () => {
  expect(median([])).toBeNaN();
  const values = Object.freeze([3, 1, 2]);
  expect(median(values)).toBe(2);
  expect(values).toEqual([3, 1, 2]);
});
