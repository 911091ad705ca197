import { expect, test } from "bun:test";
import { parseText } from "./parse-text.ts";

const linesOf = (text: string) => parseText("a.yaml", text).issues.map(({ line, column }) => [line, column]);

test("consequences of an earlier problem are not reported", () => {
  expect(linesOf("a: [{ b: x{y} }]\nroutes:\n  - b\n")).toEqual([[1, 11]]);
  expect(linesOf("a: {\nb: 1\n}\nc: 2\n")).toEqual([[2, 1]]);
});

test("independent problems are reported together", () => {
  expect(linesOf("a:\n\tb: 1\n\tc: 1\n")).toEqual([
    [2, 1],
    [3, 1],
  ]);
  expect(linesOf("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> main\n")).toEqual([
    [1, 1],
    [3, 1],
    [5, 1],
  ]);
});

test("a duplicate key in one of many objects is reported with the line of its first occurrence", () => {
  const [issue] = parseText("a.yaml", "a: { x: 1 }\nb:\n  x: 1\n  y: 2\n  x: 3\n").issues;
  expect(issue).toMatchObject({ line: 5, column: 3, message: "x stands here twice, first in line 3" });
});

test("every duplicate key is reported, quoted or not, also in an object of very many", () => {
  const names = Array.from({ length: 40_000 }, (_, index) => `  s${index}: {}`).join("\n");
  const text = `a:\n${names}\n  "s0": {}\n  s1: {}\n  s1: {}\nb: { s0: 1 }\n`;
  expect(parseText("a.yaml", text).issues.map(({ line, message }) => [line, message])).toEqual([
    [40_002, "s0 stands here twice, first in line 2"],
    [40_003, "s1 stands here twice, first in line 3"],
    [40_004, "s1 stands here twice, first in line 3"],
  ]);
});

test("keys are strings, even if they look like numbers, and merge keys are supported", () => {
  expect(parseText("a.yaml", "a: &a { 404: x, on: y }\nb: { <<: *a }\n").value).toEqual({
    a: { "404": "x", on: "y" },
    b: { "404": "x", on: "y" },
  });
});
