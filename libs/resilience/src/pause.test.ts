import { expect, test } from "bun:test";
import { pause } from "./pause.ts";

test("a pause ends after its time and removes its listener from the signal", async () => {
  const { signal } = new AbortController();
  await pause(1, signal);
  expect(signal.aborted).toBe(false);
});

test("a pause ends when its signal aborts, also if it had aborted before", async () => {
  const ending = new AbortController();
  const pausing = pause(60_000, ending.signal);
  ending.abort();
  await pausing;
  await pause(60_000, ending.signal);
});
