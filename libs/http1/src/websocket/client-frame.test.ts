import { describe, expect, test } from "bun:test";
import { writeClientFrame } from "./client-frame.ts";
import { closePayload, isSendableCode } from "./close-payload.ts";

describe("a client's frame", () => {
  test.each([0, 5, 125, 126, 65_535, 65_536])("of %d bytes is masked and has its length", (length) => {
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

  test("has a new key each time", () => {
    const keys = Array.from({ length: 3000 }, () => writeClientFrame(1, Buffer.alloc(0)).toString("hex", 2));
    // 32 bits drawn 3,000 times: two alike are a chance of one in a thousand, three pairs one in a thousand millions
    expect(new Set(keys).size).toBeGreaterThan(keys.length - 3);
  });

  test("with a close reason is truncated to the size of a control frame, never within a character", () => {
    const payload = closePayload(4000, "ü".repeat(100));
    expect(payload.byteLength).toBeLessThanOrEqual(125);
    expect(payload.subarray(2).toString()).toBe("ü".repeat(61));
    expect(closePayload(1005, "ignored").byteLength).toBe(0);
    expect(closePayload(1006, "ignored").byteLength).toBe(0);
  });

  test("is sent with registered and application close codes only", () => {
    const codes = [999, 1000, 1004, 1005, 1006, 1014, 1015, 2999, 3000, 4999, 5000];
    expect(codes.filter(isSendableCode)).toEqual([1000, 1014, 3000, 4999]);
  });
});
