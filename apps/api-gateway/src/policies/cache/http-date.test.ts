import { expect, test } from "bun:test";
import { parseHttpDate } from "./http-date.ts";

const now = Date.UTC(2026, 10, 21);
const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

test.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT", moment],
  ["sun, 06 nov 1994 08:49:37 gmt", moment],
  ["Sunday, 06-Nov-94 08:49:37 GMT", moment],
  ["Sun Nov  6 08:49:37 1994", moment],
  ["Tuesday, 06-Nov-40 08:49:37 GMT", Date.UTC(2040, 10, 6, 8, 49, 37)],
  ["Sun, 06 Nov 1994 08:49:37 UTC", null],
  ["Sun, 06 Nov 1994 08:49:37", null],
  ["Sun 06 Nov 1994 08:49:37 GMT", null],
  ["Sun,  06 Nov 1994 08:49:37 GMT", null],
  ["Sun, 06-Nov-1994 08:49:37 GMT", null],
  ["Sun, 06 Nov 1994 8:49:37 GMT", null],
  ["Sun, 06 Nov 1994 24:00:00 GMT", null],
  ["0", null],
  ["", null],
])("%p is parsed as %p", (text, expected) => {
  expect(parseHttpDate(text, now)).toBe(expected);
});
