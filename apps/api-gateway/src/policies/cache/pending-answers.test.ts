import { expect, test } from "bun:test";
import { PendingAnswers } from "./pending-answers.ts";

test("a pending answer is outdated by what happens to its address and by nothing else", () => {
  const answers = new PendingAnswers();
  const begin = (key: string) => answers.begin(key, key);
  const [first, second, other] = [begin("/a"), begin("/a"), begin("/b")];
  expect(answers.outdate((key) => key === "/a")).toEqual(["/a", "/a"]);
  expect([first, second, other].map(({ isOutdated }) => isOutdated)).toEqual([true, true, false]);
  const later = begin("/a");
  expect(later.isOutdated).toBe(false);
  for (const each of [first, second, other, later]) answers.end(each);
  expect(answers.outdate(() => true)).toEqual([]);
  expect(later.isOutdated).toBe(false);
});
