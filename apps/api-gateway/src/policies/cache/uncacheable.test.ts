import { expect, test } from "bun:test";
import { Uncacheable } from "./uncacheable.ts";

test("URLs are forgotten after a while", () => {
  let now = 0;
  const addresses = new Uncacheable(() => now);
  addresses.note("a");
  expect([addresses.has("a"), addresses.has("b")]).toEqual([true, false]);
  now = 10_001;
  expect(addresses.has("a")).toBe(false);
});

test("of a flood of URLs the last ten thousand are kept", () => {
  const addresses = new Uncacheable(() => 0);
  for (let count = 0; count < 10_500; count += 1) addresses.note(String(count));
  expect([addresses.has("499"), addresses.has("500"), addresses.has("10499")]).toEqual([false, true, true]);
});

test("of a flood of long URLs four million characters are kept", () => {
  const addresses = new Uncacheable(() => 0);
  const long = (count: number) => `${count} ${"x".repeat(8190)}`;
  for (let count = 0; count < 2000; count += 1) addresses.note(long(count));
  const left = Array.from({ length: 2000 }, (_, count) => long(count)).filter((one) => addresses.has(one));
  expect(left.length * 8192).toBeLessThanOrEqual(4_194_304);
  expect(left.length).toBeGreaterThan(500);
  expect(left).toContain(long(1999));
});

test("a URL that is noted repeatedly counts once", () => {
  const addresses = new Uncacheable(() => 0);
  addresses.note("kept");
  for (let count = 0; count < 1000; count += 1) addresses.note("x".repeat(8192));
  expect(addresses.has("kept")).toBe(true);
});
