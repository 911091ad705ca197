import { expect, test } from "bun:test";
import { Revocations } from "./revocations.ts";

test("a revocation is dropped once no affected token can be valid, so that memory stays level", () => {
  let now = 0;
  const revocations = new Revocations({ now: () => now, tokenLifeMs: 1000 });
  for (; now < 100_000; now += 1) {
    revocations.revokeSession(`s${now}`);
    revocations.requireVersion(`u${now}`, 2);
  }
  expect(revocations.size).toBeLessThanOrEqual(2002);
  expect(revocations.isRevoked({ sessionId: "s99999", userId: "x", userVersion: 1 })).toBe(true);
  expect(revocations.isRevoked({ sessionId: "s98000", userId: "x", userVersion: 1 })).toBe(false);
});

test("tokens from before the user's change are refused, later ones accepted", () => {
  const revocations = new Revocations({ now: () => 0, tokenLifeMs: 1000 });
  revocations.requireVersion("u", 3);
  expect(revocations.isRevoked({ sessionId: "s", userId: "u", userVersion: 2 })).toBe(true);
  expect(revocations.isRevoked({ sessionId: "s", userId: "u", userVersion: 3 })).toBe(false);
});
