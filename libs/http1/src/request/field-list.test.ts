import { expect, test } from "bun:test";
import { array, assert, constantFrom, property, tuple } from "fast-check";
import { FieldList } from "./field-list.ts";

const names = ["a", "b", "host", "cookie", "accept", "expect", "x-shop", "x-cart", "accept-encoding"];

test("fields are asked for and listed as Headers would have them, whatever repeats", () => {
  const fields = array(tuple(constantFrom(...names), constantFrom("1", "two", "x")), { maxLength: 20 });
  assert(
    property(fields, (sent) => {
      const list = new FieldList();
      const headers = new Headers();
      for (const [name, value] of sent) {
        list.add(name, value);
        headers.append(name, value);
      }
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
