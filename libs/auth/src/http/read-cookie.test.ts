import { expect, test } from "bun:test";
import { readCookie } from "./read-cookie.ts";

test("a cookie is read by its exact name, and not at all if it occurs twice", () => {
  expect(readCookie("xa=1; a=2; flag", "a")).toBe("2");
  expect(readCookie("a", "a")).toBeNull();
  expect(readCookie("a=1;a=2", "a")).toBeNull();
  expect(readCookie("b=1; a==x=; c", "a")).toBe("=x=");
});

test.each(["\u00a0", "\u2000", "\u0085", "\ufeff", "\v", "\f", "\r", "$", '"'])(
  "a name that only matches after trimming is another cookie (%j)",
  (blank) => {
    for (const pair of [`${blank}__Host-a=planted`, `__Host-a${blank}=planted`, `__Host-a =planted`]) {
      expect(readCookie(pair, "__Host-a")).toBeNull();
      expect(readCookie(`${pair}; __Host-a=own`, "__Host-a")).toBe("own");
    }
  },
);
