import { expect, test } from "bun:test";
import { FieldBlock, FieldLines, ReadyLines } from "@libs/http1";
import { array, assert, constantFrom, oneof, property, record } from "fast-check";
import { HeaderList } from "./header-list.ts";

const name = constantFrom("a", "b", "x-shop", "x_shop", "set-cookie");
const change = oneof(
  record({ kind: constantFrom("append", "set"), name, value: constantFrom("1", "2") }),
  record({ kind: constantFrom("delete", "get", "raw"), name }),
);
const received = ["A: one", "X-Shop: two", "set-cookie: x=1", "Set-Cookie: y=2"];
const shared = ["x_shop", "three", "a", "four"];

function blockOf(lines: readonly string[]): FieldBlock {
  const text = lines.map((line) => `${line}\r\n`).join("");
  const block = new FieldBlock(text);
  const read = new FieldLines(text, 0);
  while (read.next()) block.keep(read);
  return block;
}

test("fields from a block or a shared list behave like fields added one by one, in any sequence of operations", () => {
  const lines = new ReadyLines(shared);
  assert(
    property(array(change, { maxLength: 8 }), (changes) => {
      const inBlock = new HeaderList([], blockOf(received));
      inBlock.share(lines);
      const apart = new HeaderList([...received.flatMap((line) => line.split(": ")), ...shared]);
      for (const each of changes) {
        for (const list of [inBlock, apart]) {
          if (each.kind === "append" && "value" in each) list.append(each.name, each.value);
          if (each.kind === "set" && "value" in each) list.set(each.name, each.value);
          if (each.kind === "delete") list.delete(each.name);
        }
        expect(inBlock.get(each.name)).toBe(apart.get(each.name));
        expect(inBlock.has(each.name)).toBe(apart.has(each.name));
        expect(inBlock.getAll(each.name)).toEqual(apart.getAll(each.name));
        if (each.kind === "raw") expect(inBlock.raw).toEqual(apart.raw);
      }
      const written = [
        ...(inBlock.block?.fields() ?? []),
        ...inBlock.shared.flatMap((each) => each.fields()),
      ];
      expect([...written, ...inBlock.single]).toEqual([...apart.raw]);
      expect([...(inBlock.block?.fields() ?? []), ...inBlock.others]).toEqual([...apart.raw]);
      expect(lines.fields()).toEqual(shared);
    }),
  );
});

test("a block stays intact until one of its fields is accessed", () => {
  const list = new HeaderList([], blockOf(received));
  list.set("x-request-id", "1");
  list.delete("date");
  expect([list.get("etag"), list.block?.bytes, list.others]).toEqual([null, 55, ["x-request-id", "1"]]);
  expect([list.get("a"), list.block]).toEqual(["one", null]);
});

test("a copy and its original are independent", () => {
  const list = new HeaderList(["a", "1"], blockOf(["A: one", "X_Shop: three"]));
  const copy = list.copy();
  list.delete("x_shop");
  copy.set("a", "2");
  expect([list.get("x_shop"), list.getAll("a")]).toEqual([null, ["one", "1"]]);
  expect([copy.get("x_shop"), copy.getAll("a")]).toEqual(["three", ["2"]]);
});
