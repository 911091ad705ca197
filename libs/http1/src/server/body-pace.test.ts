import { expect, test } from "bun:test";
import { BodyPace } from "./body-pace.ts";

const quota = { bytesMin: 10, sweeps: 2 };

test("a body is too slow once less than the minimum came in a whole window", () => {
  const pace = new BodyPace();
  expect([1, 9].map((received) => pace.isTooSlow(received, quota))).toEqual([false, true]);
});

test("a body that comes at the minimum is never too slow", () => {
  const pace = new BodyPace();
  const received = [0, 10, 10, 20, 25, 30];
  expect(received.some((bytes) => pace.isTooSlow(bytes, quota))).toBe(false);
});

test("bytes that came fast are no credit for later windows", () => {
  const pace = new BodyPace();
  const received = [500, 1000, 1001, 1002];
  expect(received.map((bytes) => pace.isTooSlow(bytes, quota))).toEqual([false, false, false, true]);
});
