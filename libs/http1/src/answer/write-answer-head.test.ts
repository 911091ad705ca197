import { describe, expect, test } from "bun:test";
import { FieldBlock } from "../message/field-block.ts";
import { FieldLines } from "../message/field-lines.ts";
import {
  type AnswerHead,
  type Persistence,
  chunkedLength,
  noBodyLength,
  saysClose,
  untilCloseLength,
  writeAnswerHead,
} from "./write-answer-head.ts";

const room = Buffer.alloc(70_000);

type Written = AnswerHead & Persistence & { readonly length: number };

function written(given: Partial<Written>): string {
  const head = { status: 200, fields: ["date", "now"], length: 0, closes: false, isHttp11: true, ...given };
  return room.toString("latin1", 0, writeAnswerHead(room, head, head.length, head));
}

describe("the head of a response", () => {
  test("has its status with its reason phrase, its fields unchanged, and its framing", () => {
    const fields = ["X-A", "caf\xe9", "set-cookie", "a=1", "set-cookie", "b=2", "Date", "now"];
    expect(written({ status: 404, fields, length: 1_234_567_890 })).toBe(
      "HTTP/1.1 404 Not Found\r\nX-A: caf\xe9\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nDate: now\r\ncontent-length: 1234567890\r\n\r\n",
    );
  });

  test.each([
    [404, "Nicht da", "404 Nicht da"],
    [404, "", "404 Not Found"],
    [299, "", "299 "],
    [299, "caf\xe9 au lait", "299 caf\xe9 au lait"],
    [404, "x".repeat(1025), "404 Not Found"],
  ])("of %p with the reason %p begins with %p", (status, reason, line) => {
    expect(written({ status, reason })).toBe(`HTTP/1.1 ${line}\r\ndate: now\r\ncontent-length: 0\r\n\r\n`);
  });

  test.each(["a\r\nb: c", "\0", "\u0430"])("is never written with the reason %p", (reason) => {
    expect(() => written({ reason })).toThrow();
  });

  test("has the lines of a block before its fields, and a date of its own only if they have none", () => {
    const block = (text: string): FieldBlock => {
      const kept = new FieldBlock(text);
      const lines = new FieldLines(text, 0);
      while (lines.next()) kept.keep(lines);
      return kept;
    };
    expect(written({ fields: ["x-a", "1"], block: block("DATE: then\r\nETag:x\r\n") })).toBe(
      "HTTP/1.1 200 OK\r\nDATE: then\r\nETag:x\r\nx-a: 1\r\ncontent-length: 0\r\n\r\n",
    );
    expect(written({ fields: [], block: block("ETag: x\r\n") })).toContain("\r\ndate: ");
    const large = block(`A: ${"x".repeat(70_000)}\r\n`);
    expect(() => written({ block: large })).toThrow();
  });

  test("has a date if none is given", () => {
    const date = /^HTTP\/1.1 200 OK\r\ndate: (.*)\r\ncontent-length: 0\r\n\r\n$/.exec(
      written({ fields: [] }),
    )?.[1];
    expect(new Date(date ?? "").toUTCString()).toBe(date ?? "none");
  });

  test.each([
    [0, "content-length: 0\r\n"],
    [7, "content-length: 7\r\n"],
    [10, "content-length: 10\r\n"],
    [chunkedLength, "transfer-encoding: chunked\r\n"],
    [untilCloseLength, ""],
    [noBodyLength, ""],
  ])("with a length of %p is framed by %p", (length, framing) => {
    expect(written({ length })).toBe(`HTTP/1.1 200 OK\r\ndate: now\r\n${framing}\r\n`);
  });

  test("has only the listener's own framing and connection fields", () => {
    const fields = [
      "Content-Length",
      "9",
      "transfer-encoding",
      "gzip",
      "Connection",
      "keep-alive",
      "keep-alive",
      "timeout=5",
    ];
    expect(written({ fields: ["date", "now", ...fields], length: 2 })).toBe(
      "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 2\r\n\r\n",
    );
  });

  test("keeps a given length if there is no body: it describes the response to GET", () => {
    const fields = ["date", "now", "Content-Length", "9"];
    expect(written({ fields, length: noBodyLength })).toContain("\r\nContent-Length: 9\r\n");
    expect(written({ status: 204, fields, length: noBodyLength })).not.toContain("Content-Length");
  });

  test("announces the end of the connection, and keep-alive to HTTP/1.0", () => {
    expect(written({ closes: true })).toEndWith("\r\nconnection: close\r\n\r\n");
    expect(written({ isHttp11: false })).toEndWith("\r\nconnection: keep-alive\r\n\r\n");
  });

  test.each([
    ["a line end in a value", ["x", "a\r\nb: c"]],
    ["a NUL in a value", ["x", "a\0"]],
    ["what is no byte", ["x", "€"]],
    ["a line end in a name", ["x\r\ny", "1"]],
    ["a colon in a name", ["x:", "1"]],
    ["an empty name", ["", "1"]],
    ["a head beyond all bounds", ["x", "a".repeat(70_000)]],
  ])("is never written with %s", (_, fields) => {
    expect(() => written({ fields })).toThrow(expect.objectContaining({ code: "internal" }));
  });

  test.each([100, 101, 600, 20.5, Number.NaN])("is never written with the status %p", (status) => {
    expect(() => written({ status })).toThrow(expect.objectContaining({ code: "internal" }));
  });

  test.each([
    [["connection", "close"], true],
    [["Connection", "x, Close"], true],
    [["connection", "closed"], false],
    [["x", "close"], false],
  ])("%p determines whether its connection ends", (fields, closes) => {
    expect(saysClose(fields)).toBe(closes);
  });
});
