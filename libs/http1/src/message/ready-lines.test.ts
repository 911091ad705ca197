import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { ReadyLines } from "./ready-lines.ts";

const fields = ["x-user-id", "caf\xe9", "via", "1.1 a, 1.1 b", "X-Empty", ""];

test("are written as lines, and read as the fields they were made of", () => {
  const lines = new ReadyLines(fields);
  const text = "x-user-id: caf\xe9\r\nvia: 1.1 a, 1.1 b\r\nX-Empty: \r\n";
  const bytes = Buffer.alloc(100);
  expect(bytes.toString("latin1", 3, lines.put(bytes, 3))).toBe(text);
  expect([lines.bytes, lines.fields()]).toEqual([text.length, fields]);
  expect(new ReadyLines([]).fields()).toEqual([]);
});

test("are found by name in any case, and nothing else is", () => {
  const lines = new ReadyLines(fields);
  expect(["x-user-id", "via", "x-empty"].every((name) => lines.has(name))).toBe(true);
  expect(["via2", "vi", "vib", "x-user-ie", "1.1 a", ""].some((name) => lines.has(name))).toBe(false);
});

test.each([
  ["a value with a line end", ["x-a", "1\r\nx-b: 2"]],
  ["a value with what is no byte", ["x-a", "\u{10d}"]],
  ["a name with a colon", ["x-a: 1", ""]],
  ["no name", ["", "1"]],
])("refuse values with line breaks: %s", (_, given) => {
  expect(() => new ReadyLines(given)).toThrow(CartwayError);
});
