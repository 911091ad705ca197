import { expect, test } from "bun:test";
import { afterClose, closeCodes } from "./close-codes.ts";

test("the rule for clients agrees with every row of the table", () => {
  for (const row of Object.values(closeCodes))
    expect([row.code, afterClose(row.code)]).toEqual([row.code, row.after]);
});

test("no two reasons share a code", () => {
  const codes = Object.values(closeCodes).map((row) => row.code);
  expect(new Set(codes).size).toBe(codes.length);
});

test("a lost network reconnects, a protocol fault of the client does not", () => {
  expect([1001, 1006, 1011, 1012, 1013].map(afterClose)).toEqual(Array(5).fill("reconnect"));
  expect([1002, 1007, 1009, 3500, 3999].map(afterClose)).toEqual(Array(5).fill("stop"));
});

test("every meaning fits into a close frame", () => {
  for (const row of Object.values(closeCodes))
    expect(Buffer.byteLength(row.meaning)).toBeLessThanOrEqual(123);
});
