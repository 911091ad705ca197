import { expect, test } from "bun:test";
import { createTokenId, issuedAtMs } from "./token-id.ts";

test("a token's id says when it was issued, to the millisecond", () => {
  expect(issuedAtMs(createTokenId(1_767_225_600_123, 0))).toBe(1_767_225_600_123);
});

test("a token is never from before its registration, though the clock that issued it is behind", () => {
  expect(issuedAtMs(createTokenId(1000, 5000))).toBe(5000);
});
