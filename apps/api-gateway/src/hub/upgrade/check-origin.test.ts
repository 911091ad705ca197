import { expect, test } from "bun:test";
import { isAllowedOrigin } from "./check-origin.ts";

const endpoint = { anyOrigin: false, origins: new Set(["https://shop.example"]) };

test("a page's origin matches the gateway's host with or without the default port", () => {
  const isOwn = (origin: string, host: string | null) => isAllowedOrigin(endpoint, origin, host);
  expect(isOwn("https://shop.test", "shop.test:443")).toBe(true);
  expect(isOwn("http://shop.test", "shop.test:80")).toBe(true);
  expect(isOwn("http://shop.test:3000", "SHOP.test:3000")).toBe(true);
  expect(isOwn("https://SHOP.example", "other.test")).toBe(true);
  expect(isOwn("http://shop.test", "shop.test:443")).toBe(false);
  expect(isOwn("http://shop.test:3000", "shop.test")).toBe(false);
  for (const origin of ["null", "", "shop.test", "https://shop.test.evil.test"])
    expect(isOwn(origin, "shop.test")).toBe(false);
  expect(isOwn("https://shop.test", null)).toBe(false);
});
