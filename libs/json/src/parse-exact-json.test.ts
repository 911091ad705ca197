import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { isJsonObject, parseExactJson } from "./parse-exact-json.ts";

const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})$/);
const fraction = fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,24}$/));
const exponent = fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?\d{1,3}$/));
const jsonNumber = fc
  .tuple(fc.constantFrom("", "-"), digits, fraction, exponent)
  .map((parts) => parts.join(""));

const places = [
  ["", ""],
  ["[", "]"],
  ["[1,", ",2]"],
  ['{"a":', "}"],
  ['{"a":{"b":[', "]}}"],
] as const;

test("every number is written with the value it was read with, wherever it stands", () => {
  fc.assert(
    fc.property(jsonNumber, (number) => {
      for (const [before, after] of places) {
        const written = JSON.stringify(parseExactJson(before + number + after));
        const found = written.slice(before.length, written.length - after.length);
        // a double holds up to 15 digits
        const isSameValue = number.replace("-", "").length < 16 && Number(found) === Number(number);
        expect(found === number || isSameValue).toBe(true);
      }
    }),
  );
});

test("spaces around a number do not matter", () => {
  expect(JSON.stringify(parseExactJson('{ "a" :\n9007199254740993 , "b":\t-0\r\n}'))).toBe(
    '{"a":9007199254740993,"b":-0}',
  );
});

test("everything else is parsed as by JSON.parse", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.stringify(parseExactJson(`[1e400,${text}]`))).toBe(
        `[1e400,${JSON.stringify(JSON.parse(text))}]`,
      );
    }),
  );
  expect(() => parseExactJson("1e400,")).toThrow(SyntaxError);
});

test("a member __proto__ stays a member", () => {
  const text = '{"__proto__":{"a":1e400}}';
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
});

test("a kept number is no object", () => {
  expect(isJsonObject(parseExactJson("1e400"))).toBe(false);
  expect(isJsonObject(parseExactJson('{"a":1e400}'))).toBe(true);
});
