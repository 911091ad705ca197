import { expect, test } from "bun:test";
import { partOf } from "./part-of.ts";

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index & 0xff));

test("a part has exactly the bytes between its ends, however much was read", () => {
  for (const length of [3, 1000, 1001, 70_000]) {
    const whole = bytes(length);
    expect([...partOf(whole, 1, length - 1)]).toEqual([...whole.subarray(1, length - 1)]);
    expect(partOf(whole, 2, 2)).toHaveLength(0);
  }
});

test("a complete read is not copied, and neither is a part of a large one", () => {
  const [small, large] = [bytes(10), bytes(2000)];
  expect(partOf(small, 0, 10)).toBe(small);
  expect(partOf(large, 0, 2000)).toBe(large);
  expect(partOf(large, 5, 1999).buffer).toBe(large.buffer);
});
