import { expect, test } from "bun:test";
import { parseRetryAfter } from "./retry-after.ts";

const now = Date.UTC(2026, 10, 21, 10, 0, 0);

test.each([
  ["120", 120_000],
  [" 0 ", 0],
  ["Sat, 21 Nov 2026 10:00:30 GMT", 30_000],
  ["Sat, 21 Nov 2026 09:00:00 GMT", 0],
  ["Saturday, 21-Nov-26 10:00:30 GMT", 30_000],
  [null, null],
  [undefined, null],
  ["", null],
  ["-5", null],
  ["1.5", null],
  ["soon", null],
  ["Sat, nonsense", null],
  ["99999999999", null],
])("Retry-After %p is %p ms", (header, expected) => {
  expect(parseRetryAfter(header, now)).toBe(expected);
});
