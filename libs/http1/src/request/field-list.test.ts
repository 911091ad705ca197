import { expect, test } from "bun:test";
import { array, assert, constantFrom, property, tuple } from "fast-check";
import { FieldLines } from "../message/field-lines.ts";
import { FieldList } from "./field-list.ts";

const names = ["a", "b", "host", "cookie", "accept", "expect", "x-shop", "x-cart", "accept-encoding"];

function listOf(text: string): FieldList {
  const list = new FieldList(text);
  const lines = new FieldLines(text, 0);
  while (lines.next()) list.add(text.slice(lines.nameStart, lines.nameEnd).toLowerCase(), lines);
  return list;
}

test("fields are read and listed as by Headers, with repeated ones joined", () => {
  const fields = array(tuple(constantFrom(...names), constantFrom("1", "two", "x")), { maxLength: 20 });
  assert(
    property(fields, (sent) => {
      const text = sent.map(([name, value]) => `${name.toUpperCase()}: ${value}\r\n`).join("");
      const list = listOf(text);
      const headers = new Headers();
      for (const [name, value] of sent) headers.append(name, value);
      for (const name of names) {
        expect(list.get(name)).toBe(headers.get(name));
        expect(list.has(name)).toBe(headers.has(name));
      }
      const listed: string[] = [];
      list.forEach((value, name) => listed.push(`${name}: ${value}`));
      expect(listed.toSorted()).toEqual([...headers].map(([name, value]) => `${name}: ${value}`).toSorted());
    }),
  );
});
