import { expect, test } from "bun:test";
import { bodyMark, Http2BodyMarks } from "./http2-body-marks.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const [headers, data, continuation] = [1, 0, 9];
const [endStream, endHeaders] = [1, 4];

function frame(type: number, flags: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([0, 0, bytes.length, type, flags, 0, 0, 0, 1]), bytes]);
}

const mark = frame(
  continuation,
  endHeaders,
  Buffer.concat([Buffer.of(0, bodyMark.length), Buffer.from(bodyMark), Buffer.from("\x011")]),
);

function passed(input: Buffer, pieceBytes = input.length): string {
  const marks = new Http2BodyMarks();
  const parts: Buffer[] = [];
  for (let at = 0; at < input.length; at += pieceBytes)
    parts.push(Buffer.from(marks.push(Buffer.from(input.subarray(at, at + pieceBytes)))));
  return Buffer.concat(parts).toString("hex");
}

const whole = (...frames: Buffer[]): Buffer => Buffer.concat([preface, ...frames]);

test("a request without a body, and whatever is no head, is passed on unchanged", () => {
  const input = whole(
    frame(4, 0, ""),
    frame(headers, endHeaders | endStream, "head"),
    frame(data, 0, "body"),
  );
  expect(passed(input)).toBe(input.toString("hex"));
});

test("the head of a request with a body ends in the mark, however the bytes arrive", () => {
  const input = whole(
    frame(headers, endHeaders, "head"),
    frame(data, endStream, "body"),
    frame(headers, 0, "be"),
    frame(continuation, 0, "gun"),
    frame(continuation, endHeaders, ""),
    frame(data, 0, "body"),
    frame(headers, endHeaders | endStream, "trailers"),
  );
  const expected = whole(
    frame(headers, 0, "head"),
    mark,
    frame(data, endStream, "body"),
    frame(headers, 0, "be"),
    frame(continuation, 0, "gun"),
    frame(continuation, 0, ""),
    mark,
    frame(data, 0, "body"),
    frame(headers, endHeaders | endStream, "trailers"),
  );
  for (let pieceBytes = 1; pieceBytes <= input.length; pieceBytes += 1)
    expect(passed(input, pieceBytes)).toBe(expected.toString("hex"));
});
