import { expect, test } from "bun:test";
import { parameterLists } from "./parameter-lists.ts";

test("a list as long as it may be fits into a parameter of a server, however its texts are escaped", () => {
  const texts = Array.from({ length: 5000 }, () => "'".repeat(128));
  const lists = parameterLists(texts, (text) => [text]);
  expect(lists.flat()).toEqual(texts);
  for (const list of lists) {
    const parameter = `[${list.map((text) => `'${text.replaceAll("'", "\\'")}'`).join(",")}]`;
    expect(parameter.length).toBeLessThan(131_072);
    expect(encodeURIComponent(parameter).length).toBeLessThan(1_048_576 / 2);
  }
});

test("no value makes no list, and a value that is too long has one of its own", () => {
  const long = "a".repeat(100_000);
  expect(parameterLists([], (text: string) => [text])).toEqual([]);
  expect(parameterLists(["b", long, "c"], (text) => [text])).toEqual([["b"], [long], ["c"]]);
});
