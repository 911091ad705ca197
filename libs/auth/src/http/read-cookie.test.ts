import { expect, test } from "bun:test";
import { readCookie } from "./read-cookie.ts";

test("a cookie is read by its whole name, and not at all where it stands twice", () => {
  expect(readCookie("xa=1; a=2; flag", "a")).toBe("2");
  expect(readCookie("a", "a")).toBeNull();
  expect(readCookie("a=1;a=2", "a")).toBeNull();
});
