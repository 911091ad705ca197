import { expect, test } from "bun:test";
import { type Steps, runAtOnce, runInSlices } from "./steps.ts";

/** Longer than a slice each. */
function* longSteps(count: number, done: string[]): Steps<string> {
  for (let step = 1; step <= count; step += 1) {
    for (const until = performance.now() + 10; performance.now() < until; );
    done.push(`step ${step}`);
    yield;
  }
  return "result";
}

function* failing(): Steps<never> {
  yield;
  throw new Error("the second step");
}

test("in slices, other work runs between long steps", async () => {
  const done: string[] = [];
  const running = runInSlices(longSteps(4, done));
  const others = (async () => {
    for (let turn = 1; turn <= 2; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(`other ${turn}`);
    }
  })();
  expect(await running).toBe("result");
  await others;
  // those that were there before are first
  expect(done.indexOf("other 1")).toBeLessThan(done.indexOf("step 3"));
  expect(done.indexOf("other 2")).toBeLessThan(done.indexOf("step 4"));
});

test("at once, nothing runs between steps", () => {
  const done: string[] = [];
  setImmediate(() => done.push("other"));
  expect(runAtOnce(longSteps(2, done))).toBe("result");
  expect(done).toEqual(["step 1", "step 2"]);
});

test("a failing step fails the whole, either way", async () => {
  expect(() => runAtOnce(failing())).toThrow("the second step");
  await expect(runInSlices(failing())).rejects.toThrow("the second step");
});
