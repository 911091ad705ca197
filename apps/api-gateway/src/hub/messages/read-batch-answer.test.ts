import { expect, test } from "bun:test";
import { readBatchAnswer } from "./read-batch-answer.ts";

const answer = (body: unknown) => ({
  status: 200,
  contentType: "application/json",
  body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
});

test("what the service rejected is found by index, duplicates count as taken", () => {
  const rejected = [{ index: 2, id: "c", code: "conflict", message: "other payload", retryable: false }];
  const rejections = readBatchAnswer(answer({ accepted: 1, duplicates: 1, rejected }), 3);
  expect([...rejections]).toEqual([[2, { code: "conflict", message: "other payload", retryable: false }]]);
});

test("codes and texts that are none are replaced, never passed on", () => {
  const rejections = readBatchAnswer(
    answer({ accepted: 0, rejected: [{ index: 0, code: "weird", message: 7 }] }),
    1,
  );
  expect(rejections.get(0)).toEqual({
    code: "validation_failed",
    message: "The service refused it.",
    retryable: false,
  });
});

test.each([
  ["no JSON", "oops"],
  ["an array", []],
  ["nothing counted", {}],
  ["too few", { accepted: 2, duplicates: 0, rejected: [] }],
  ["an index outside", { accepted: 2, duplicates: 0, rejected: [{ index: 3 }] }],
  ["an index twice", { accepted: 1, duplicates: 0, rejected: [{ index: 0 }, { index: 0 }] }],
  ["an index that is none", { accepted: 2, rejected: [null] }],
])("an answer that does not add up acknowledges nothing: %s", (_name, body) => {
  expect(() => readBatchAnswer(answer(body), 3)).toThrow("what became of each frame");
});
