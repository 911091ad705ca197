import { beforeEach, describe, expect, test } from "bun:test";
import { createManualClock, type ManualClock } from "@libs/testing";
import { type BreakerState, type CircuitBreaker, createCircuitBreaker, refused } from "./circuit-breaker.ts";
import { consecutiveFailures } from "./consecutive-failures.ts";

let clock: ManualClock;
let breaker: CircuitBreaker;
let changes: BreakerState["kind"][];

function fail(times: number): void {
  for (let call = 0; call < times; call += 1) breaker.leave(breaker.enter(), "failure");
}

beforeEach(() => {
  clock = createManualClock(0);
  changes = [];
  breaker = createCircuitBreaker({
    strategy: consecutiveFailures({ failuresMax: 3 }),
    openMs: 1000,
    openMsMax: 3000,
    probes: 2,
    now: clock.now,
    onChange: (state) => changes.push(state.kind),
  });
});

describe("a circuit breaker", () => {
  test("admits every call while closed, and stays closed below the threshold", () => {
    fail(2);
    breaker.leave(breaker.enter(), "success");
    fail(2);
    expect(breaker.enter()).not.toBe(refused);
    expect(breaker.state.kind).toBe("closed");
    expect(breaker.retryAfterMs()).toBe(0);
  });

  test("opens at the threshold and reports when it will probe", async () => {
    fail(3);
    expect(breaker.enter()).toBe(refused);
    await clock.advance(400);
    expect(breaker.retryAfterMs()).toBe(600);
    expect(breaker.enter()).toBe(refused);
  });

  test("limits its probes, and closes when all of them succeed", async () => {
    fail(3);
    await clock.advance(1000);
    const probes = [breaker.enter(), breaker.enter()];
    expect(probes).not.toContain(refused);
    expect(breaker.enter()).toBe(refused);
    breaker.leave(probes[0] ?? refused, "success");
    expect(breaker.state.kind).toBe("half-open");
    expect(breaker.enter()).toBe(refused);
    breaker.leave(probes[1] ?? refused, "success");
    expect(changes).toEqual(["open", "half-open", "closed"]);
  });

  test("opens again when a probe fails, for twice as long each time, up to the maximum", async () => {
    fail(3);
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      waits.push(breaker.retryAfterMs());
      await clock.advance(breaker.retryAfterMs());
      breaker.leave(breaker.enter(), "failure");
    }
    expect(waits).toEqual([1000, 2000, 3000, 3000]);
  });

  test("ignores outcomes of calls from before it opened", async () => {
    const early = breaker.enter();
    fail(3);
    await clock.advance(1000);
    const probe = breaker.enter();
    breaker.leave(early, "failure");
    expect(breaker.state.kind).toBe("half-open");
    breaker.leave(probe, "failure");
    expect(breaker.state.kind).toBe("open");
  });

  test("an ignored outcome releases its probe without a verdict", async () => {
    fail(3);
    await clock.advance(1000);
    breaker.leave(breaker.enter(), "ignored");
    breaker.leave(breaker.enter(), "success");
    breaker.leave(breaker.enter(), "success");
    expect(breaker.state.kind).toBe("closed");
    breaker.leave(breaker.enter(), "ignored");
    fail(2);
    expect(breaker.state.kind).toBe("closed");
  });

  test("does not stay half-open if probes never end", async () => {
    fail(3);
    await clock.advance(1000);
    const lost = [breaker.enter(), breaker.enter()];
    expect(breaker.retryAfterMs()).toBe(1000);
    await clock.advance(1000);
    expect(breaker.enter()).not.toBe(refused);
    expect(breaker.enter()).not.toBe(refused);
    expect(breaker.enter()).toBe(refused);
    // a late probe that says nothing makes no room in the current round
    breaker.leave(lost[0] ?? refused, "ignored");
    expect(breaker.enter()).toBe(refused);
  });

  test("closes by probes that succeed later than the next ones are admitted", async () => {
    fail(3);
    await clock.advance(1000);
    const slow = [breaker.enter(), breaker.enter()];
    await clock.advance(1000);
    expect(breaker.enter()).not.toBe(refused);
    for (const probe of slow) breaker.leave(probe, "success");
    expect(breaker.state.kind).toBe("closed");
  });

  test("closes by probes that come one by one, each after the next ones are admitted", async () => {
    fail(3);
    for (let probe = 0; probe < 2; probe += 1) {
      expect(breaker.state.kind).not.toBe("closed");
      await clock.advance(1000);
      breaker.leave(breaker.enter(), "success");
    }
    expect(breaker.state.kind).toBe("closed");
  });

  test("opens for longer by a probe that fails later than the next ones are admitted", async () => {
    fail(3);
    await clock.advance(1000);
    const slow = breaker.enter();
    await clock.advance(1000);
    expect(breaker.enter()).not.toBe(refused);
    breaker.leave(slow, "failure");
    expect(breaker.state.kind).toBe("open");
    expect(breaker.retryAfterMs()).toBe(2000);
  });

  test("starts a new count after closing", async () => {
    fail(3);
    await clock.advance(1000);
    const probes = [breaker.enter(), breaker.enter()];
    for (const probe of probes) breaker.leave(probe, "success");
    fail(2);
    expect(breaker.state.kind).toBe("closed");
    fail(1);
    expect(breaker.state.kind).toBe("open");
  });
});
