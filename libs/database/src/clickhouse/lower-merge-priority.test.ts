import { afterAll, expect, test, setDefaultTimeout } from "bun:test";
import { createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { lowerMergePriority } from "./lower-merge-priority.ts";

// Each opens an engine, some in a process of their own.
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

/** In a process of its own: an engine binds one directory a process. */
const program = `
  import { readdirSync, readFileSync } from "node:fs";
  import { openClickHouse } from ${JSON.stringify(`${import.meta.dir}/open-clickhouse.ts`)};
  const clickhouse = await openClickHouse({ directory: ${JSON.stringify(directory.file("engine"))} });
  const threads = readdirSync("/proc/self/task").map((id) => {
    const stat = readFileSync("/proc/self/task/" + id + "/stat", "utf8");
    const end = stat.lastIndexOf(")");
    return { isMain: Number(id) === process.pid, name: stat.slice(stat.indexOf("(") + 1, end), niceness: Number(stat.slice(end + 2).split(" ")[16]) };
  });
  const tables = await clickhouse.query("SELECT name FROM system.tables WHERE database = currentDatabase()");
  await clickhouse.close();
  console.log(JSON.stringify({ threads, tables }));`;

test.skipIf(process.platform !== "linux")(
  "merges of the embedded engine run at lower priority than queries, from its start on",
  async () => {
    const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const seen = JSON.parse(await new Response(child.stdout).text()) as {
      threads: { isMain: boolean; name: string; niceness: number }[];
      tables: unknown[];
    };
    const mergers = seen.threads.filter(({ name }) => name === "MergeMutate");
    const queries = seen.threads.filter(({ isMain, name }) => isMain || name === "ThreadPool");
    expect(mergers.length).toBeGreaterThan(0);
    const [own = 0] = queries.filter(({ isMain }) => isMain).map(({ niceness }) => niceness);
    expect(queries.every(({ niceness }) => niceness === own)).toBe(true);
    // with the lowest priority already, as under `nice -n 19`, nothing is left to lower
    expect(mergers.every(({ niceness }) => niceness === Math.min(19, own + 10))).toBe(true);
    expect(seen.tables).toEqual([]);
  },
);

test("nothing is done if the system does not list its threads", () => {
  expect(lowerMergePriority(directory.file("no-such-place"))).toEqual([]);
});
