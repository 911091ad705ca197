import { expect, test } from "bun:test";
import { assertEmail, assertPassword, emailKey } from "./user.ts";

test("two notations of an address are one account", () => {
  expect(emailKey(" Ana@Shop.Test ")).toBe(emailKey("ana@shop.test"));
  expect(emailKey("ana@ｓhop.test")).toBe(emailKey("ana@shop.test"));
});

test("an invalid address or password is refused with its path", () => {
  for (const email of ["", "ana", "a b@c", "@", "a@b@c", `${"a".repeat(250)}@shop.test`]) {
    expect(() => assertEmail(email)).toThrow("schema");
  }
  for (const password of ["", "ninechars", "x".repeat(257)])
    expect(() => assertPassword(password)).toThrow("schema");
  assertEmail("ana@shop.test");
  assertPassword("ten chars!");
});
