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

test("a request without a body has no length", () => {
  expect(bodyLengthOf(post({}, null))).toBe(0);
});
