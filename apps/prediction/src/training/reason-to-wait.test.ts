import { expect, test } from "bun:test";
import { factsOf } from "../http/predict-request.ts";
import type { LabelledSession } from "../features/read-csv.ts";
import { reasonToWait } from "./reason-to-wait.ts";

function visits(bought: number, left: number): readonly LabelledSession[] {
  const facts = factsOf({}, new Date(0));
  if (facts === null) throw new Error("there is a month");
  return Array.from({ length: bought + left }, (_, index) => ({ facts, purchased: index < bought }));
}

test("a model is trained if there are enough visits of both outcomes for training and validation", () => {
  expect(reasonToWait({ judged: visits(1, 39), others: visits(49, 111) }, 200)).toBeNull();
  expect(reasonToWait({ judged: visits(1, 39), others: visits(49, 111) }, 201)).toContain("of the 201");
  expect(reasonToWait({ judged: visits(1, 39), others: visits(48, 112) }, 200)).toContain(
    "49 visits of the rarer end",
  );
});

test("visits with only one outcome neither train nor validate a model", () => {
  expect(reasonToWait({ judged: visits(0, 40), others: visits(60, 100) }, 200)).toContain("ended alike");
  expect(reasonToWait({ judged: visits(60, 40), others: visits(0, 160) }, 200)).toContain("ended alike");
});
