import { expect, test } from "bun:test";
import { readOptions } from "./options.ts";

test("a file alone is replayed once, at 5,000 events a second, to the platform of npm start", () => {
  expect(readOptions(["visits.csv"])).toMatchObject({
    file: "visits.csv",
    url: "ws://127.0.0.1:3000/ws",
    platform: null,
    kill: null,
    runs: 1,
    ratePerSec: 5000,
    limit: Number.POSITIVE_INFINITY,
  });
});

test("two replays have different names", () => {
  expect(readOptions(["a.csv"]).run).not.toBe(readOptions(["a.csv"]).run);
});

const reading = `import { readOptions } from "${import.meta.dir}/options.ts"; readOptions(process.argv.slice(1));`;

test.each([
  ["no file", [], "no file is given"],
  ["a platform that there is not", ["a.csv", "--platform", "cloud"], "expected processes or all-in-one"],
  ["a kill of what was not started here", ["a.csv", "--kill", "ingestion"], "--kill needs a --platform"],
  ["a rate of nothing", ["a.csv", "--rate", "0"], "--rate: expected a number above 0"],
  ["half a run", ["a.csv", "--runs", "x"], "--runs: expected a number"],
])("%s is refused with the accepted values", async (_name, args, message) => {
  const child = Bun.spawn([process.execPath, "-e", reading, "--", ...args], { stderr: "pipe" });
  expect([await child.exited, await child.stderr.text()]).toEqual([2, expect.stringContaining(message)]);
});
