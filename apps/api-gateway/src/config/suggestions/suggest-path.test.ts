import { expect, test } from "bun:test";
import { suggestPath } from "./suggest-path.ts";

test.each([
  ["/shop/.*", "/shop/*"],
  ["^/shop/(.+)$", "/shop/*"],
  ["^/shop(/.*)?$", "/shop/*"],
  ["~ ^/shop/.*", "/shop/*"],
  ["/shop/**", "/shop/*"],
  ["/shop*", "/shop/*"],
  ["/shop/:id/cart", "/shop/{id}/cart"],
  ["/shop/<int:id>", "/shop/{id}"],
  ["^/shop/(?<id>[0-9]+)$", "/shop/{id}"],
  ["^/shop/[0-9]+$", "/shop/{id}"],
  ["~ ^/shop/(\\d+)/cart$", "/shop/{id}/cart"],
  ["/shop/{id:[0-9]+}", "/shop/{id}"],
  ["^/shop/?$", "/shop"],
  ["= /shop", "/shop"],
  ["^~ /shop/*", "/shop/*"],
  ["//shop", "/shop"],
  ["shop", "/shop"],
])("%s suggests %s", (text, path) => {
  expect(suggestPath(text)).toBe(path);
});

test.each(["/shop/*", "/shop/{id}", "/", "/a|b/[0-9]{3}", "/shop/{id}.html"])(
  "no suggestion is made for %s",
  (text) => {
    expect(suggestPath(text)).toBeNull();
  },
);
