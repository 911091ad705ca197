import { expect, test } from "bun:test";
import { configHash } from "./config-hash.ts";

test("is the same for the same settings in another order, and another for others", () => {
  const hash = configHash({ a: [1, { b: "x", c: null }], d: { e: true, f: undefined } });
  expect(hash).toMatch(/^[0-9a-f]{12}$/);
  expect(configHash({ d: { e: true }, a: [1, { c: null, b: "x" }] })).toBe(hash);
  for (const other of [
    { a: [{ b: "x", c: null }, 1], d: { e: true } },
    { a: [1, { b: "x", c: "null" }], d: { e: true } },
    { a: [1, { b: "x" }], d: { e: true } },
    { a: [1, { b: "x", c: null }], "d:{": { e: true } },
  ])
    expect(configHash(other)).not.toBe(hash);
});
