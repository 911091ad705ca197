import { expect, test } from "bun:test";
import { AnswerReader } from "./answer-reader.ts";

const withLength = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const inChunks = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

test.each([
  [withLength, 200],
  [inChunks, 503],
])("a response is complete with its last byte, however it is split: %j", (answer, status) => {
  for (let cut = 1; cut < answer.length; cut += 1) {
    const reader = new AnswerReader();
    expect(reader.push(Buffer.from(answer.slice(0, cut)))).toBeNull();
    expect(reader.push(Buffer.from(answer.slice(cut)))).toBe(status);
    expect(reader.push(Buffer.from(withLength))).toBe(200);
  }
});

test("a response cut off with its connection is not part of the next one", () => {
  const reader = new AnswerReader();
  reader.push(Buffer.from(withLength.slice(0, 30)));
  reader.forget();
  expect(reader.push(Buffer.from(withLength))).toBe(200);
});
