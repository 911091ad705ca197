import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { type JsonReading, readJsonText } from "./read-json-text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("every JSON text of moderate depth is parsed as by JSON.parse", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      expect(readJsonText(bytes(text), 64)).toEqual({ ok: true, value: JSON.parse(text), text });
    }),
  );
});

type Fault = Extract<JsonReading, { ok: false }>["fault"];

test.each<[Fault, Uint8Array]>([
  ["encoding", new Uint8Array([0x22, 0xc3, 0x28, 0x22])],
  ["encoding", new Uint8Array([0xff, 0xfe, 0x7b, 0x00])],
  ["depth", bytes("[".repeat(65) + "]".repeat(65))],
  ["syntax", bytes('{"password":"hunter2"')],
  ["syntax", bytes("")],
])("the error for %s names the problem without quoting the text", (fault, input) => {
  expect(readJsonText(input, 64)).toEqual({ ok: false, fault });
});
