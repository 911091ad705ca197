import { describe, expect, test } from "bun:test";
import { array, assert, constantFrom, property, tuple } from "fast-check";
import { FieldBlock } from "./field-block.ts";
import { FieldLines } from "./field-lines.ts";

const names = ["Date", "ETag", "X_Shop", "x-shop", "Content-Type", "content-type", "^a", "~a"];

function blockOf(text: string, isKept: (name: string) => boolean): FieldBlock {
  const block = new FieldBlock(text);
  const lines = new FieldLines(text, 0);
  while (lines.next()) if (isKept(text.slice(lines.nameStart, lines.nameEnd))) block.keep(lines);
  return block;
}

function written(block: FieldBlock): string {
  const bytes = Buffer.alloc(block.bytes + 10);
  return bytes.toString("latin1", 3, block.put(bytes, 3));
}

describe("lines of a head", () => {
  test("are kept unchanged, without those left out, and can be read as fields", () => {
    const kept = "Date:\tnow \r\nEmpty:\r\nX-Caf: caf\xe9\r\n";
    const block = blockOf(
      `Date:\tnow \r\nVia: x\r\nEmpty:\r\nvia: y\r\nX-Caf: caf\xe9\r\n`,
      (name) => !/via/i.test(name),
    );
    expect(written(block)).toBe(kept);
    expect(block.bytes).toBe(kept.length);
    expect(block.fields()).toEqual(["Date", "now", "Empty", "", "X-Caf", "caf\xe9"]);
    expect(block.hasDate).toBe(true);
  });

  test("are found by name in any case, and nothing else is", () => {
    const lines = array(tuple(constantFrom(...names), constantFrom("", "1", "date: x")), { maxLength: 8 });
    assert(
      property(lines, constantFrom(...names), (sent, left) => {
        const text = sent.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        const block = blockOf(text, (name) => name !== left);
        const kept = sent.flatMap(([name]) => (name === left ? [] : [name.toLowerCase()]));
        for (const name of names)
          expect([name, block.has(name.toLowerCase())]).toEqual([name, kept.includes(name.toLowerCase())]);
        expect(block.hasDate).toBe(kept.includes("date"));
      }),
    );
  });

  test("can be removed later by name without changing the others", () => {
    const lines = array(tuple(constantFrom(...names), constantFrom("", "1", "date: x")), { maxLength: 8 });
    assert(
      property(lines, array(constantFrom(...names), { maxLength: 3 }), (sent, dropped) => {
        const text = sent.map(([name, value]) => `${name}: ${value}\r\n`);
        const block = blockOf(text.join(""), (name) => name !== "ETag");
        for (const name of dropped) block.drop(name.toLowerCase());
        const gone = [
          "ETag",
          ...dropped.flatMap((name) => names.filter((each) => each.toLowerCase() === name.toLowerCase())),
        ];
        const kept = text.filter((_, index) => !gone.includes(sent[index]?.[0] ?? ""));
        expect([written(block), block.bytes]).toEqual([kept.join(""), kept.join("").length]);
        expect(block.hasDate).toBe(kept.some((line) => line.startsWith("Date")));
      }),
    );
  });
});
