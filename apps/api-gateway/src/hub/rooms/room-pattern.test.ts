import { expect, test } from "bun:test";
import { fitsRoomPattern, parseRoomPattern } from "./room-pattern.ts";

const ana = { sessionId: "s-0123456789abcdef", userId: "ana", tenantId: null };

function fits(pattern: string, name: string, identity = ana): boolean {
  const parsed = parseRoomPattern(pattern);
  if (typeof parsed === "string") throw new Error(parsed);
  return fitsRoomPattern(parsed, name, identity);
}

test("a pattern fits the connection's own names and nobody else's", () => {
  expect(fits("cart:{sessionId}", "cart:s-0123456789abcdef")).toBe(true);
  expect(fits("cart:{sessionId}", "cart:s-another")).toBe(false);
  expect(fits("cart:{sessionId}", "cart:s-0123456789abcdef:more")).toBe(false);
  expect(fits("cart:{sessionId}", "xcart:s-0123456789abcdef")).toBe(false);
  expect(fits("orders:{userId}:open", "orders:ana:open")).toBe(true);
});

test("what the connection is not never fits", () => {
  expect(fits("store:{tenantId}", "store:null")).toBe(false);
  expect(fits("store:{tenantId}", "store:")).toBe(false);
  expect(fits("user:{userId}", "user:", { ...ana, userId: "" })).toBe(false);
});

test("{any} is one part that is not empty", () => {
  expect(fits("product:{any}", "product:42")).toBe(true);
  expect(fits("product:{any}", "product:")).toBe(false);
  expect(fits("product:{any}", "product:42:secret")).toBe(false);
  expect(fits("product:{any}:live", "product:42:live")).toBe(true);
});

test("a pattern that cannot work is refused with the reason", () => {
  expect(parseRoomPattern("cart:{session}")).toContain("{sessionId}");
  expect(parseRoomPattern("{userId}{any}")).toContain("between");
  expect(parseRoomPattern("a b")).toContain("name");
  expect(parseRoomPattern("a}b")).toContain("name");
});
