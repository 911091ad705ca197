import { expect, test } from "bun:test";
import { lookEveryMs, trainWhenDue } from "./train-when-due.ts";

const hour = 3_600_000;

/** How often it trains at the given hour, with a day between two trainings, the last at `lastHour`. */
async function trainingsAt(atHour: number, lastHour: number | null): Promise<number> {
  let trainings = 0;
  await trainWhenDue(
    {
      lastTrainedAtMs: () => Promise.resolve(lastHour === null ? null : lastHour * hour),
      train() {
        trainings += 1;
        return Promise.resolve({ outcome: "skipped", reason: "no visits" });
      },
    },
    { everyMs: 24 * hour, now: () => atHour * hour },
  );
  return trainings;
}

test("a training is due a day after the last one, however often the process restarts", async () => {
  expect(await trainingsAt(33, 10)).toBe(0);
  expect(await trainingsAt(34, 10)).toBe(1);
  expect(await trainingsAt(500, 10)).toBe(1);
});

test("a training is due if there was none, or the last one is in the future", async () => {
  expect(await trainingsAt(1, null)).toBe(1);
  expect(await trainingsAt(10, 11)).toBe(1);
});

test("the next check is within an hour, sooner for shorter intervals", () => {
  const now = (): number => 0;
  expect(lookEveryMs({ everyMs: 24 * hour, now })).toBe(hour);
  expect(lookEveryMs({ everyMs: 50, now })).toBe(50);
});
