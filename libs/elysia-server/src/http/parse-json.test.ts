import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseJson } from "./parse-json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("untrusted JSON", () => {
  test("is parsed as by JSON.parse, for every valid document", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        if (text.includes("__proto__")) return;
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ["cut short", bytes('{"a":')],
    ["nothing", bytes("")],
    ["two documents", bytes("1 2")],
    ["invalid UTF-8", new Uint8Array([34, 0xc3, 0x28, 34])],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00])],
    ["a surrogate alone", new Uint8Array([34, 0xed, 0xa0, 0x80, 34])],
    ["__proto__", bytes('{"a":[{"__proto__":{"admin":true}}]}')],
    ["__proto__ in escapes", bytes('{"\\u005f\\u005fproto__":1}')],
    ["constructor.prototype", bytes('{"constructor":{"prototype":{"admin":true}}}')],
    ["what looks for keys in a very deep document", bytes(`${"[".repeat(500)}"\\u0061"${"]".repeat(500)}`)],
  ])("is refused with %s", (_name, input) => {
    expect(() => parseJson(input)).toThrow(expect.objectContaining({ code: "invalid_json" }));
  });

  test("may contain the same words in harmless places", () => {
    expect(parseJson(bytes('{"constructor":"ACME","note":"__proto__","x":"\\u00e4","n":null}'))).toEqual({
      constructor: "ACME",
      note: "__proto__",
      x: "ä",
      n: null,
    });
  });

  test("is not quoted in errors", () => {
    try {
      parseJson(bytes('{"password":"hunter2"'));
      expect.unreachable();
    } catch (error) {
      expect(Bun.inspect(error)).not.toContain("hunter2");
    }
  });
});
