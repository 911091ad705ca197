import { expect, test } from "bun:test";
import { HeaderList } from "../../model/http/header-list.ts";
import { readBatchAnswer } from "./read-batch-answer.ts";

const answer = (body: unknown) => ({
  status: 200,
  contentType: "application/json",
  headers: new HeaderList(),
  body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
});

const sent = (elements: number) => ({ elements, isReplied: false });

test("rejections are found by index, and duplicates count as accepted", () => {
  const rejected = [{ index: 2, id: "c", code: "conflict", message: "other payload", retryable: false }];
  const { rejections } = readBatchAnswer(answer({ accepted: 1, duplicates: 1, rejected }), sent(3));
  expect([...rejections]).toEqual([[2, { code: "conflict", message: "other payload", retryable: false }]]);
});

test("invalid codes and messages are replaced, never passed on", () => {
  const { rejections } = readBatchAnswer(
    answer({ accepted: 0, rejected: [{ index: 0, code: "weird", message: 7 }] }),
    sent(1),
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
])("an inconsistent answer acknowledges nothing: %s", (_name, body) => {
  expect(() => readBatchAnswer(answer(body), sent(3))).toThrow("a result for each frame");
});

test("if replies are expected there is one for each frame, or none is acknowledged", () => {
  const replied = { elements: 2, isReplied: true };
  const rejected = [{ index: 1, code: "conflict" }];
  const read = (replies?: unknown) => readBatchAnswer(answer({ accepted: 1, rejected, replies }), replied);
  expect(read([{ commands: [] }, null]).replies).toEqual([{ commands: [] }, null]);
  for (const replies of [undefined, {}, [{}], [{}, {}, {}]])
    expect(() => read(replies)).toThrow("a result for each frame");
});
