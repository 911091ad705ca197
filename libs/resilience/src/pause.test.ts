import { expect, test } from "bun:test";
import { pause } from "./pause.ts";

test("a pause ends after its time, leaving nothing with its signal", async () => {
  const { signal } = new AbortController();
  await pause(1, signal);
  expect(signal.aborted).toBe(false);
});

test("a pause ends with its signal, also one that has ended before", async () => {
  const ending = new AbortController();
  const pausing = pause(60_000, ending.signal);
  ending.abort();
  await pausing;
  await pause(60_000, ending.signal);
});
