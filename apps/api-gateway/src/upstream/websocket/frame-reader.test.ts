import { describe, expect, test } from "bun:test";
import { frameOf } from "../../../test/hub/raw-socket.ts";
import { closePayload, isSendableCode, writeClientFrame } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";

const plain = (payload: string | Uint8Array, options: object = {}) =>
  frameOf(payload, { masked: false, ...options });

/** What a reader makes of the bytes, given in chunks of a size. */
function read(bytes: Buffer, size = bytes.byteLength, messageBytesMax = 1_000_000): unknown[] {
  const seen: unknown[] = [];
  const reader = new FrameReader(
    {
      message: (data) => void seen.push(typeof data === "string" ? data : [...data]),
      ping: (data) => void seen.push(["ping", data.toString()]),
      pong: (data) => void seen.push(["pong", data.toString()]),
      close: (code, reason) => void seen.push(["close", code, reason]),
      isPaused: () => false,
    },
    messageBytesMax,
  );
  for (let start = 0; start < bytes.byteLength; start += size)
    reader.push(bytes.subarray(start, start + size));
  return seen;
}

const conversation = Buffer.concat([
  plain("text"),
  plain(new Uint8Array([1, 2]), { opcode: 2 }),
  plain("grü", { fin: false }),
  plain("beat", { opcode: 9 }),
  plain("ße", { opcode: 0 }),
  plain("", { opcode: 10 }),
  plain("x".repeat(300)),
  plain(Buffer.concat([Buffer.from([0x0f, 0xa1]), Buffer.from("bye")]), { opcode: 8 }),
  plain("never read"),
]);
const expected = [
  "text",
  [1, 2],
  ["ping", "beat"],
  "grüße",
  ["pong", ""],
  "x".repeat(300),
  ["close", 4001, "bye"],
];

test.each([1, 2, 3, 7, 64, 10_000])(
  "frames cut into chunks of %d bytes are the same frames, and nothing is read after a close",
  (size) => {
    expect(read(conversation, size)).toEqual(expected);
  },
);

test("a frame of more than 64 KiB is read whole", () => {
  const [message] = read(plain("y".repeat(70_000)), 1000);
  expect(message).toBe("y".repeat(70_000));
});

test("a paused reader gives back what it did not read, and goes on from there", () => {
  const seen: unknown[] = [];
  let isPaused = false;
  const reader = new FrameReader(
    {
      message(data) {
        seen.push(data);
        isPaused = true;
      },
      ping: () => undefined,
      pong: () => undefined,
      close: () => undefined,
      isPaused: () => isPaused,
    },
    100,
  );
  const rest = reader.push(Buffer.concat([plain("one"), plain("two")]));
  expect(seen).toEqual(["one"]);
  isPaused = false;
  reader.push(rest);
  expect(seen).toEqual(["one", "two"]);
});

describe("a service's fault is named by its close code", () => {
  const faults: [name: string, bytes: Buffer, code: number][] = [
    ["a masked frame", frameOf("x"), 1002],
    ["reserved bits", plain("x", { reserved: 1 }), 1002],
    ["an unknown opcode", plain("x", { opcode: 4 }), 1002],
    ["an unknown control opcode", plain("x", { opcode: 11 }), 1002],
    ["a ping in parts", plain("x", { opcode: 9, fin: false }), 1002],
    ["a long ping", plain("x".repeat(126), { opcode: 9 }), 1002],
    ["a continuation of nothing", plain("x", { opcode: 0 }), 1002],
    ["a message within a message", Buffer.concat([plain("a", { fin: false }), plain("b")]), 1002],
    ["a length that needs fewer bytes", Buffer.from([0x81, 126, 0, 5]), 1002],
    ["a close code that is none", plain(Buffer.from([0, 5]), { opcode: 8 }), 1002],
    ["half a close code", plain("x", { opcode: 8 }), 1002],
    ["a text that is not UTF-8", plain(Buffer.from([0xc3, 0x28])), 1007],
    ["a frame above the limit", plain("x".repeat(1001)), 1009],
    [
      "fragments above the limit together",
      Buffer.concat([plain("x".repeat(600), { fin: false }), plain("x".repeat(600), { opcode: 0 })]),
      1009,
    ],
  ];
  test.each(faults)("%s", (_name, bytes, code) => {
    expect(() => read(bytes, bytes.byteLength, 1000)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a client's frame", () => {
  test.each([0, 5, 125, 126, 65_535, 65_536])("of %d bytes is masked and says its length", (length) => {
    const payload = Buffer.alloc(length, "abc");
    const frame = writeClientFrame(2, payload);
    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    expect(frame.byteLength).toBe(head + 4 + length);
    expect((frame[1] ?? 0) & 0x80).toBe(0x80);
    const key = frame.subarray(head, head + 4);
    const plainText = Buffer.from(
      frame.subarray(head + 4).map((byte, index) => byte ^ (key[index & 3] ?? 0)),
    );
    expect(Buffer.compare(plainText, payload)).toBe(0);
  });

  test("a close reason is cut to what a control frame holds, never inside a character", () => {
    const payload = closePayload(4000, "ü".repeat(100));
    expect(payload.byteLength).toBeLessThanOrEqual(125);
    expect(payload.subarray(2).toString()).toBe("ü".repeat(61));
    expect(closePayload(1005, "ignored").byteLength).toBe(0);
  });

  test("only codes that the registry knows, or leaves to applications, are sent", () => {
    const codes = [999, 1000, 1004, 1005, 1006, 1014, 1015, 2999, 3000, 4999, 5000];
    expect(codes.filter(isSendableCode)).toEqual([1000, 1014, 3000, 4999]);
  });
});
