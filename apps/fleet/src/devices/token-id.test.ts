import { expect, test } from "bun:test";
import { createTokenId, issuedAtMs } from "./token-id.ts";

test("a token's id contains its time of issue, to the millisecond", () => {
  expect(issuedAtMs(createTokenId(1_767_225_600_123, 0))).toBe(1_767_225_600_123);
});

test("a token is never dated before its registration, even if the issuer's clock is behind", () => {
  expect(issuedAtMs(createTokenId(1000, 5000))).toBe(5000);
});
