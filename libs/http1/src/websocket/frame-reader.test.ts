import { describe, expect, test } from "bun:test";
import { type FrameOptions, frameOf } from "@libs/testing";
import * as fc from "fast-check";
import { FrameReader, type FrameRules } from "./frame-reader.ts";

type Side = FrameRules["from"];

/** What a reader makes of the bytes, given in pieces that end where `cuts` says. */
function read(side: Side, bytes: Buffer, cuts: readonly number[] = [], messageBytesMax = 1_000_000) {
  const seen: unknown[] = [];
  const reader = new FrameReader(
    {
      onMessage: (data) => void seen.push(typeof data === "string" ? data : [...data]),
      onPing: (data) => void seen.push(["ping", data.toString()]),
      onPong: (data) => void seen.push(["pong", data.toString()]),
      onClose: (code, reason) => void seen.push(["close", code, reason]),
    },
    { from: side, messageBytesMax },
  );
  // A copy: what is read is unmasked where it stands.
  const own = Buffer.from(bytes);
  let start = 0;
  for (const end of [...cuts, own.byteLength]) {
    if (end > start) reader.push(own.subarray(start, end));
    start = Math.max(start, end);
  }
  return seen;
}

const everyNth = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) => index * size);

describe.each(["client", "server"] as const)("frames of a %s", (side) => {
  const frame = (payload: string | Uint8Array, options: FrameOptions = {}) =>
    frameOf(payload, { masked: side === "client", ...options });
  const closeFrame = (code: number, reason: string | Uint8Array = "") =>
    frame(Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]), { opcode: 8 });
  const conversation = Buffer.concat([
    frame("text"),
    frame(new Uint8Array([1, 2]), { opcode: 2 }),
    frame(""),
    frame("grü", { fin: false }),
    frame("beat", { opcode: 9 }),
    frame("", { opcode: 0, fin: false }),
    frame("ße", { opcode: 0 }),
    frame("", { opcode: 10 }),
    frame("\ufeff🛒".repeat(100)),
    frame(Buffer.from([0xf0, 0x9f]), { fin: false }),
    frame(Buffer.from([0x9b, 0x92]), { opcode: 0 }),
    frame(new Uint8Array([7]), { opcode: 2, fin: false }),
    frame(new Uint8Array([8]), { opcode: 0 }),
    closeFrame(4001, "bye"),
    frame("never read"),
  ]);
  const expected = [
    "text",
    [1, 2],
    "",
    ["ping", "beat"],
    "grüße",
    ["pong", ""],
    "\ufeff🛒".repeat(100),
    "🛒",
    [7, 8],
    ["close", 4001, "bye"],
  ];

  test.each([1, 2, 3, 7, 64, 10_000])(
    "split into pieces of %d bytes are the same frames, and nothing is read after a close",
    (size) => {
      expect(read(side, conversation, everyNth(conversation, size))).toEqual(expected);
    },
  );

  test("split anywhere are the same frames", () => {
    const cut = fc.integer({ min: 0, max: conversation.byteLength });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 12 }), (cuts) => {
        const sorted = cuts.toSorted((left, right) => left - right);
        expect(read(side, conversation, sorted)).toEqual(expected);
      }),
    );
  });

  test.each([0, 1, 2, 3, 4, 5, 125, 126, 127, 128, 65_535, 65_536, 65_537, 131_072])(
    "with text or bytes of %d are read completely, in one piece and in many",
    (length) => {
      const text = "y".repeat(length);
      const bytes = Buffer.from(Array.from({ length }, (_, index) => index & 0xff));
      const both = Buffer.concat([frame(text), frame(bytes, { opcode: 2 })]);
      expect(read(side, both)).toEqual([text, [...bytes]]);
      expect(read(side, both, everyNth(both, 997))).toEqual([text, [...bytes]]);
    },
  );

  const invalid: [name: string, bytes: number[]][] = [
    ["a lone continuation byte", [0x80]],
    ["a sequence that breaks off", [0xce, 0xba, 0xe1, 0xbd]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a code point above the last", [0xf4, 0x90, 0x80, 0x80]],
    ["a byte that never occurs", [0x61, 0xff]],
  ];
  test.each(invalid)("of text with %s fail with 1007, wherever it is split", (_name, bytes) => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const parts = Buffer.concat([
        frame(Buffer.from(bytes.slice(0, cut)), { fin: false }),
        frame(Buffer.from(bytes.slice(cut)), { opcode: 0 }),
      ]);
      expect(() => read(side, parts)).toThrow(expect.objectContaining({ code: 1007 }));
    }
    expect(() => read(side, frame(Buffer.from(bytes)))).toThrow(expect.objectContaining({ code: 1007 }));
    expect(() => read(side, closeFrame(1000, Buffer.from(bytes)))).toThrow(
      expect.objectContaining({ code: 1007 }),
    );
  });

  test("with text of every plane keep it, wherever its characters are split", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const cut = bytes.byteLength === 0 ? 0 : at % bytes.byteLength;
        const parts = Buffer.concat([
          frame(bytes.subarray(0, cut), { fin: false }),
          frame(bytes.subarray(cut), { opcode: 0 }),
        ]);
        expect(read(side, parts)).toEqual([text]);
        expect(read(side, frame(text))).toEqual([text]);
      }),
    );
  });

  const faults: [name: string, bytes: Buffer, code: number][] = [
    ["a mask where there is none to be, or none", frame("x", { masked: side === "server" }), 1002],
    ...[1, 2, 4, 7].map((reserved): [string, Buffer, number] => [
      `reserved bits ${reserved}`,
      frame("x", { reserved }),
      1002,
    ]),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer, number] => [
      `the opcode ${opcode}`,
      frame("x", { opcode }),
      1002,
    ]),
    ["a ping in parts", frame("x", { opcode: 9, fin: false }), 1002],
    ["a long ping", frame("x".repeat(126), { opcode: 9 }), 1002],
    ["a long close", frame("x".repeat(126), { opcode: 8 }), 1002],
    ["a continuation of nothing", frame("x", { opcode: 0 }), 1002],
    ["a last continuation of nothing", frame("x", { opcode: 0, fin: false }), 1002],
    ["a message within a message", Buffer.concat([frame("a", { fin: false }), frame("b")]), 1002],
    [
      "a continuation after the last",
      Buffer.concat([frame("a", { fin: false }), frame("b", { opcode: 0 }), frame("c", { opcode: 0 })]),
      1002,
    ],
    ["a length that needs fewer bytes", lengthened(side, [126, 0, 5]), 1002],
    ["a length that needs far fewer bytes", lengthened(side, [127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), 1002],
    ["a length beyond all numbers", lengthened(side, [127, ...Array<number>(8).fill(0xff)]), 1009],
    ["half a close code", frame("x", { opcode: 8 }), 1002],
    ...[0, 5, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
      (code): [string, Buffer, number] => [`the close code ${code}`, closeFrame(code), 1002],
    ),
    ["a frame above the limit", frame("x".repeat(1001)), 1009],
    [
      "fragments above the limit together",
      Buffer.concat([frame("x".repeat(600), { fin: false }), frame("x".repeat(600), { opcode: 0 })]),
      1009,
    ],
  ];
  test.each(faults)("with %s are refused", (_name, bytes, code) => {
    expect(() => read(side, bytes, [], 1000)).toThrow(expect.objectContaining({ code }));
  });

  test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    "may close with %d",
    (code) => {
      expect(read(side, closeFrame(code))).toEqual([["close", code, ""]]);
    },
  );

  test("of exactly the maximum message size are accepted, whole and in parts", () => {
    const half = "x".repeat(500);
    const parts = Buffer.concat([frame(half, { fin: false }), frame(half, { opcode: 0 })]);
    expect(read(side, frame(half + half), [], 1000)).toEqual([half + half]);
    expect(read(side, parts, [], 1000)).toEqual([half + half]);
  });

  test("that close without a code give 1005", () => {
    expect(read(side, frame("", { opcode: 8 }))).toEqual([["close", 1005, ""]]);
  });

  test("of an oversized message are refused by their head", () => {
    const head = frame("x".repeat(70_000)).subarray(0, 14);
    expect(() => read(side, head, [], 1000)).toThrow(expect.objectContaining({ code: 1009 }));
  });

  test("or a fault result from any bytes, never anything else", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (bytes, cuts) => {
          const sorted = cuts.toSorted((left, right) => left - right);
          const whole = outcomeOf(() => read(side, Buffer.from(bytes), [], 1000));
          const inParts = outcomeOf(() => read(side, Buffer.from(bytes), sorted, 1000));
          expect(inParts).toEqual(whole);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** A head whose length is written as given, and an empty key. */
function lengthened(side: Side, length: readonly number[]): Buffer {
  const [first = 0, ...rest] = length;
  const mask = side === "client" ? 0x80 : 0;
  return Buffer.from([0x81, mask | first, ...rest, 0, 0, 0, 0]);
}

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown instanceof Error ? [thrown.name, thrown.message] : thrown;
  }
}

test("a held reader returns what it did not read, and continues from there", () => {
  const seen: unknown[] = [];
  const reader: FrameReader = new FrameReader(
    {
      onMessage(data) {
        seen.push(data);
        reader.hold();
      },
      onPing: () => undefined,
      onPong: () => undefined,
      onClose: () => undefined,
    },
    { from: "server", messageBytesMax: 100 },
  );
  const frame = (text: string) => frameOf(text, { masked: false });
  const begun = frame("three");
  const rest = reader.push(Buffer.concat([frame("one"), frame("two"), begun.subarray(0, 3)]));
  expect(seen).toEqual(["one"]);
  reader.release();
  const after = reader.push(rest);
  expect(seen).toEqual(["one", "two"]);
  reader.release();
  reader.push(Buffer.concat([after, begun.subarray(3)]));
  expect(seen).toEqual(["one", "two", "three"]);
});
