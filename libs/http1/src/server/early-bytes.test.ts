import { expect, test } from "bun:test";
import { EarlyBytes } from "./early-bytes.ts";

const bytes = (text: string) => Buffer.from(text);

test("buffered pieces are taken completely, once and in order", () => {
  const early = new EarlyBytes();
  expect([early.isEmpty, early.length, early.take()]).toEqual([true, 0, null]);
  for (const piece of ["a", "bc", "", "def"]) early.add(bytes(piece));
  expect([early.isEmpty, early.length]).toEqual([false, 6]);
  expect(early.take()?.toString()).toBe("abcdef");
  expect([early.isEmpty, early.take()]).toEqual([true, null]);
  early.add(bytes("next"));
  expect(early.take()?.toString()).toBe("next");
});

test("replaced content leaves nothing behind, and content taken earlier does not change", () => {
  const early = new EarlyBytes();
  for (const piece of ["old", "er"]) early.add(bytes(piece));
  const taken = early.take();
  early.set(bytes("rest"));
  early.add(bytes(" and more"));
  expect([taken?.toString(), early.take()?.toString()]).toEqual(["older", "rest and more"]);
});

test("a single piece is not copied", () => {
  const early = new EarlyBytes();
  const only = bytes("only");
  early.add(only);
  expect(early.take()).toBe(only);
});
