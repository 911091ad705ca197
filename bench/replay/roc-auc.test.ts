import { expect, test } from "bun:test";
import { rocAuc } from "./roc-auc.ts";

test("a perfect order is 1, its reverse 0, and no information one half", () => {
  const scored = (scores: readonly number[]) =>
    scores.map((score, index) => ({ score, positive: index >= 2 }));
  expect(rocAuc(scored([1, 2, 3, 4]))).toBe(1);
  expect(rocAuc(scored([4, 3, 2, 1]))).toBe(0);
  expect(rocAuc(scored([1, 1, 1, 1]))).toBe(0.5);
});

test("a tie between the classes counts half", () => {
  expect(
    rocAuc([
      { score: 1, positive: false },
      { score: 2, positive: true },
      { score: 2, positive: false },
    ]),
  ).toBe(0.75);
});
