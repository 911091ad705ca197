import { expect, test } from "bun:test";
import { bodyLengthOf } from "./body-length.ts";

/** As it comes over HTTP/2. */
const post = (headers: Record<string, string>, body: string | null) =>
  new Request("https://shop.test/", { method: "POST", headers, body });

test("a declared length is the body's length", () => {
  expect(bodyLengthOf(post({ "content-length": "4" }, "body"))).toBe(4);
  expect(() => bodyLengthOf(post({ "content-length": "4, 5" }, "body"))).toThrow();
});

test("a body without a declared length has an unknown length", () => {
  expect(bodyLengthOf(post({ "transfer-encoding": "chunked" }, "body"))).toBeNull();
  expect(bodyLengthOf(post({}, "body"))).toBeNull();
});

test("a body that is announced and withheld is refused", () => {
  const get = (headers: Record<string, string>) => new Request("https://shop.test/", { headers });
  expect(() => bodyLengthOf(get({ "content-length": "4" }))).toThrow("Over HTTP/2");
  expect(() => bodyLengthOf(get({ "transfer-encoding": "chunked" }))).toThrow("Over HTTP/2");
  expect(bodyLengthOf(get({ "content-length": "0" }))).toBe(0);
});

test("a request without a body has no length", () => {
  expect(bodyLengthOf(post({}, null))).toBe(0);
});
