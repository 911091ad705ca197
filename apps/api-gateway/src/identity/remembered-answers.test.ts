import { expect, test } from "bun:test";
import { createManualClock } from "@libs/testing";
import { principalOf } from "../../test/support/identity/principal-of.ts";
import type { Authenticated } from "../model/identity/authentication.ts";
import { RememberedAnswers } from "./remembered-answers.ts";

const known = (expiresAt: number, extra: Partial<Authenticated> = {}): Authenticated => ({
  outcome: "authenticated",
  principal: principalOf("u-1", { identity: "sso", method: "forward", expiresAt }),
  ...extra,
});

function remember(times: { cacheMs: number; staleIfErrorMs: number }) {
  const clock = createManualClock(1_000_000);
  const told: string[] = [];
  const onAnswer = (from: string): void => void told.push(from);
  return {
    clock,
    told,
    answers: new RememberedAnswers({ ...times, cacheMax: 10, now: clock.now, onAnswer }),
  };
}

test("an answer is valid for cacheMs, and for staleIfErrorMs if the service is unavailable", async () => {
  const { clock, told, answers } = remember({ cacheMs: 100, staleIfErrorMs: 1000 });
  const answer = known(Number.POSITIVE_INFINITY);
  answers.keep("q", answer, clock.now());
  expect([answers.find("q"), answers.findStale("q")]).toEqual([answer, answer]);
  await clock.advance(100);
  expect([answers.find("q"), answers.findStale("q")]).toEqual([null, answer]);
  await clock.advance(900);
  expect(answers.findStale("q")).toBeNull();
  expect(told).toEqual(["memory", "stale", "stale"]);
});

test("no answer outlives the caller's own expiry, whatever is configured", async () => {
  const { clock, answers } = remember({ cacheMs: 1000, staleIfErrorMs: 1000 });
  answers.keep("q", known(clock.now() + 50), clock.now());
  await clock.advance(50);
  expect([answers.find("q"), answers.findStale("q")]).toEqual([null, null]);
});

test("an answer with a cookie is not shared, and replaces the previous one", () => {
  const { clock, answers } = remember({ cacheMs: 1000, staleIfErrorMs: 0 });
  answers.keep("q", known(Number.POSITIVE_INFINITY), clock.now());
  answers.keep("q", known(Number.POSITIVE_INFINITY, { setCookies: ["a=b"] }), clock.now());
  expect(answers.find("q")).toBeNull();
});

test("nothing is cached if no answer may be reused", () => {
  expect(remember({ cacheMs: 0, staleIfErrorMs: 0 }).answers.isKept).toBe(false);
  expect(remember({ cacheMs: 0, staleIfErrorMs: 1 }).answers.isKept).toBe(true);
});
