import { expect, test } from "bun:test";
import { hostOf, schemeOf, targetOf } from "./target-of.ts";

test.each([
  ["http://shop.test", "", "shop.test", "http"],
  ["http://Shop.Test.:3000/", "/", "shop.test", "http"],
  ["https://shop.test/a/b?c=d/e", "/a/b?c=d/e", "shop.test", "https"],
  ["https://[::1]:8443/a?b#c?d", "/a?b", "[::1]", "https"],
  ["http://a//b", "//b", "a", "http"],
] as const)("%s is split into form, host and path", (url, target, host, scheme) => {
  expect([targetOf({ url }), hostOf({ url }), schemeOf({ url })]).toEqual([target, host, scheme]);
});

test("a relative URL has no target", () => {
  expect(targetOf({ url: "/a" })).toBe("");
});
