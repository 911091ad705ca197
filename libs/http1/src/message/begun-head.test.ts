import { expect, test } from "bun:test";
import { BegunHead } from "./begun-head.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

test("a head is assembled from its chunks without scanning bytes twice", () => {
  const begun = new BegunHead();
  expect([begun.isEmpty, begun.searched]).toEqual([true, 0]);
  const whole = bytes("before GET /");
  expect(begun.joined(whole)).toBe(whole);
  begun.keep(whole, 7);
  expect([begun.isEmpty, begun.searched]).toEqual([false, 2]);
  const more = begun.joined(bytes(" HTTP/1.1\r\n"));
  expect(more.toString()).toBe("GET / HTTP/1.1\r\n");
  begun.keep(more, 0);
  expect(begun.searched).toBe(13);
  begun.clear();
  expect([begun.isEmpty, begun.searched]).toEqual([true, 0]);
});
