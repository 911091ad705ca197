import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

const program = `
  import { writeFile } from "node:fs/promises";
  import { ensurePoolThreads } from ${JSON.stringify(join(import.meta.dir, "../src/pool-threads.ts"))};
  import { openClickHouse } from ${JSON.stringify(join(import.meta.dir, "../../../libs/database/src/index.ts"))};
  ensurePoolThreads();
  const clickhouse = await openClickHouse({ directory: ${JSON.stringify(directory.file("engine"))} });
  const slow = "SELECT sleepEachRow(0.1) FROM numbers(4) SETTINGS max_block_size = 1";
  const order: string[] = [];
  const asked = [1, 2, 3].map(() => clickhouse.query(slow).then(() => order.push("answer")));
  // after the queries, which are started in the turn after the one that requests them
  await Bun.sleep(1);
  await writeFile(${JSON.stringify(directory.file("journal"))}, "event").then(() => order.push("file"));
  await Promise.all(asked);
  await clickhouse.close();
  console.log(JSON.stringify({ order, argument: process.argv[2] }));`;

test("a file is written while the embedded ClickHouse runs slow queries", async () => {
  const path = directory.file("program.ts");
  await Bun.write(path, program);
  const { UV_THREADPOOL_SIZE: _given, ...env } = process.env;
  const child = Bun.spawn([process.execPath, path, "kept"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const { order, argument } = JSON.parse(await new Response(child.stdout).text()) as Record<string, unknown>;
  expect(order).toEqual(["file", "answer", "answer", "answer"]);
  expect(argument).toBe("kept");
}, 60_000);
