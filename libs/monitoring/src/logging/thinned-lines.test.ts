import { expect, test } from "bun:test";
import { createMemoryLogger } from "./memory-logger.ts";
import { ThinnedLines } from "./thinned-lines.ts";

const minute = 60_000;

function startLines(secondMs: number) {
  const log = createMemoryLogger();
  const lines = new ThinnedLines({ logger: log.logger, message: "more of these", secondMs });
  const write = (kind: string, times: number): number =>
    Array.from({ length: times }, () => lines.admits(kind, { kind })).filter(Boolean).length;
  return { log, write };
}

test("the first lines of each kind per second are written, independently of other kinds", () => {
  const { log, write } = startLines(minute);
  expect([write("a", 1000), write("b", 4), write("c", 11)]).toEqual([10, 4, 10]);
  expect(log.lines).toEqual([]);
});

test("all kinds together write at most a hundred lines per second", () => {
  const { write } = startLines(minute);
  const written = Array.from({ length: 5000 }, (_, index) => write(`kind-${index}`, 2));
  expect(written.reduce((sum, one) => sum + one, 0)).toBe(100);
});

test("withheld lines are summarized once a second, per kind, and many kinds together", async () => {
  const { log, write } = startLines(20);
  const [a, b] = [write("a", 500), write("b", 3)];
  const many = Array.from({ length: 300 }, (_, index) => write(`kind-${index}`, 1));
  const written = [a, b, ...many].reduce((sum, one) => sum + one, 0);
  while (log.lines.length === 0) await Bun.sleep(5);
  expect(log.lines[0]).toMatchObject({ level: "warn", message: "more of these", kind: "a", withheld: 490 });
  expect(log.lines.some(({ kind }) => kind === "b")).toBe(false);
  const withheld = log.lines.reduce((sum, line) => sum + Number(line["withheld"]), 0);
  expect(written + withheld).toBe(803);
  expect(log.lines.at(-1)).toMatchObject({ withheld: 46 });
  expect(log.lines.at(-1)).not.toHaveProperty("kind");
  expect(write("a", 500)).toBe(10);
});

test("the next line after a period also summarizes it, and starts a new one", () => {
  const log = createMemoryLogger();
  let now = 0;
  const lines = new ThinnedLines({ logger: log.logger, message: "more", secondMs: minute, now: () => now });
  const written = (): number =>
    Array.from({ length: 15 }, () => lines.admits("a", {})).filter(Boolean).length;
  expect([written(), log.lines.length]).toEqual([10, 0]);
  now = minute;
  expect([written(), log.lines.length]).toEqual([10, 1]);
  expect(log.lines[0]).toMatchObject({ withheld: 5 });
});
