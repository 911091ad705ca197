import { expect, setSystemTime, test } from "bun:test";
import { createManualClock, waitUntil } from "@libs/testing";
import { ConnectionGate, LostConnection } from "./connection-gate.ts";

function setup() {
  const clock = createManualClock();
  const gate = new ConnectionGate({
    store: "a store",
    backoff: { baseMs: 100, maxMs: 1000 },
    now: clock.now,
    random: () => 1,
  });
  let calls = 0;
  const lost = () =>
    gate
      .run(() => ((calls += 1), Promise.reject(new LostConnection("gone"))))
      .catch((thrown: unknown) => thrown);
  return { clock, gate, lost, calls: () => calls };
}

test("after a lost connection, calls fail at once without trying, until the backoff has passed", async () => {
  const { clock, lost, calls } = setup();
  expect(await lost()).toMatchObject({ code: "store_unavailable", retryAfterSeconds: 0.1 });
  await lost();
  expect(calls()).toBe(1);
  await clock.advance(100);
  await lost();
  expect(calls()).toBe(2);
});

test("each failure doubles the wait, up to its ceiling", async () => {
  const { clock, lost } = setup();
  const waits: unknown[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const error = await lost();
    waits.push(error instanceof Error && "retryAfterSeconds" in error ? error.retryAfterSeconds : null);
    await clock.advance(1000);
  }
  expect(waits).toEqual([0.1, 0.2, 0.4, 0.8, 1, 1]);
});

test("calls that fail together count as one failure: a server that restarts under load is retried just as soon", async () => {
  const { lost } = setup();
  const errors = await Promise.all(Array.from({ length: 10 }, lost));
  for (const error of errors) expect(error).toMatchObject({ retryAfterSeconds: 0.1 });
});

test("a late failure of a call from before the loss does not postpone the next attempt", async () => {
  const { clock, gate, lost } = setup();
  const { promise, reject } = Promise.withResolvers<never>();
  const early = gate.run(() => promise).catch((thrown: unknown) => thrown);
  await lost();
  await clock.advance(100);
  reject(new LostConnection("gone"));
  await early;
  expect(await gate.run(() => Promise.resolve("back"))).toBe("back");
});

test("during one call's attempt the others fail at once, and all proceed after it succeeded", async () => {
  const { clock, gate, lost } = setup();
  await lost();
  await clock.advance(100);
  const { promise, resolve } = Promise.withResolvers<string>();
  const probe = gate.run(() => promise);
  await expect(gate.run(() => Promise.resolve("other"))).rejects.toMatchObject({ code: "store_unavailable" });
  resolve("back");
  expect(await probe).toBe("back");
  expect(await gate.run(() => Promise.resolve("other"))).toBe("other");
});

test("a server's own error passes through and does not close the gate", async () => {
  const { gate } = setup();
  await expect(gate.run(() => Promise.reject(new Error("syntax")))).rejects.toThrow("syntax");
  expect(await gate.run(() => Promise.resolve(1))).toBe(1);
});

test("a clock that is set back does not keep the gate closed", async () => {
  const gate = new ConnectionGate({ store: "a store", backoff: { baseMs: 1, maxMs: 1 } });
  await gate.run(() => Promise.reject(new LostConnection("gone"))).catch(() => undefined);
  setSystemTime(new Date(Date.now() - 3_600_000));
  try {
    await waitUntil(() => gate.run(() => Promise.resolve(true)), {
      what: "the gate to open",
      timeoutMs: 1000,
    });
  } finally {
    setSystemTime();
  }
});
