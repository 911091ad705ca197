import { expect, spyOn, test } from "bun:test";
import { HeadReader } from "./head-reader.ts";

const headOf = (valueBytes: number) => `GET /x HTTP/1.1\r\nHost: a\r\nA: ${"b".repeat(valueBytes)}\r\n\r\n`;

function readByteByByte(text: string): HeadReader {
  const reader = new HeadReader();
  const bytes = Buffer.from(text, "latin1");
  let heads = 0;
  for (let at = 0; at < bytes.length; at += 1)
    if (reader.read(Buffer.from(bytes.subarray(at, at + 1))) !== null) heads += 1;
  expect(heads).toBe(1);
  return reader;
}

test("a head that arrives byte by byte costs linear time", () => {
  using concat = spyOn(Buffer, "concat");
  using toString = spyOn(Buffer.prototype, "toString");
  const lookedAt = (text: string): number => {
    concat.mockClear();
    toString.mockClear();
    readByteByByte(text);
    const joined = concat.mock.calls.reduce(
      (sum, [parts]) => sum + parts.reduce((bytes, part) => bytes + part.length, 0),
      0,
    );
    const read = toString.mock.results.reduce((sum, { value }) => sum + String(value).length, 0);
    return (joined + read) / text.length;
  };
  const [short, long] = [lookedAt(headOf(1000)), lookedAt(headOf(16_000))];
  expect(long).toBeLessThan(short * 1.5);
});

test("an invalid line end is detected wherever the bytes are split", () => {
  for (const text of ["GET / HTTP/1.1\nHost", "GET / HTTP/1.1\rHost", "\nGET", "\r\n\nGET"]) {
    for (let at = 1; at < text.length; at += 1) {
      const reader = new HeadReader();
      const read = () => {
        reader.read(Buffer.from(text.slice(0, at)));
        reader.read(Buffer.from(text.slice(at)));
      };
      expect(read).toThrow();
    }
  }
});
