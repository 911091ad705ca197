import { expect, test } from "bun:test";
import { configHash } from "./config-hash.ts";

test("is the hash of the complete canonical text, however it is chunked", () => {
  const text = '{"a":[{"b":[],"c":{}},"d"],"e":{"f":{"g":1,"h":null}},"i":2}';
  const hex = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  expect(configHash({ i: 2, e: { f: { h: null, g: 1 } }, a: [{ c: {}, b: [] }, "d"] })).toBe(
    hex.slice(0, 12),
  );
});

test("ignores the order of settings and depends on their values", () => {
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
