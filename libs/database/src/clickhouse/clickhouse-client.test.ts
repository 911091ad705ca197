import { afterAll, describe, expect, test, setDefaultTimeout } from "bun:test";
import {
  createTemporaryDirectory,
  freePort,
  openingLimitMs,
  serverSuiteName,
  serverUrl,
} from "@libs/testing";
import { clickhouseContract } from "./clickhouse-client.contract.ts";
import { openClickHouse } from "./open-clickhouse.ts";

// Each opens an engine, some in a process of their own.
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

clickhouseContract("ClickHouse embedded", () => openClickHouse({ directory: directory.file("contract") }));

const url = serverUrl("clickhouse");
describe.skipIf(url === null)(serverSuiteName("ClickHouse client", "clickhouse"), () => {
  clickhouseContract("ClickHouse server", () => openClickHouse({ url: url ?? "" }));
});

test("a server that is down is reported as store_unavailable and as down", async () => {
  const clickhouse = await openClickHouse({ url: `http://127.0.0.1:${await freePort()}` });
  await expect(clickhouse.query("SELECT 1")).rejects.toMatchObject({
    code: "store_unavailable",
    retryable: true,
  });
  await expect(clickhouse.insert("t", [{ n: 1 }])).rejects.toMatchObject({ code: "store_unavailable" });
  expect((await clickhouse.health()).status).toBe("down");
  await clickhouse.close();
});

test("every acknowledged block is stored after a kill -9 during writes", async () => {
  const path = directory.file("killed");
  const program = `import { openClickHouse } from ${JSON.stringify(`${import.meta.dir}/open-clickhouse.ts`)};
    const clickhouse = await openClickHouse({ directory: ${JSON.stringify(path)} });
    await clickhouse.command("CREATE TABLE rows (n UInt32) ENGINE = MergeTree ORDER BY n");
    for (let n = 0; ; n += 1) { await clickhouse.insert("rows", [{ n }]); process.stdout.write(n + "\\n"); }`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let output = "";
  while (!output.includes("\n50\n")) output += decoder.decode((await reader.read()).value);
  child.kill("SIGKILL");
  await child.exited;
  const acknowledged = Number(output.trim().split("\n").at(-1));
  // A process of its own again: an engine binds one directory a process, and this one has opened others.
  const reading = `import { openClickHouse } from ${JSON.stringify(`${import.meta.dir}/open-clickhouse.ts`)};
    const clickhouse = await openClickHouse({ directory: ${JSON.stringify(path)} });
    const [row] = await clickhouse.query("SELECT toUInt32(count()) AS count FROM rows WHERE n <= ${acknowledged}");
    console.log(row.count);
    await clickhouse.close();`;
  const reader2 = Bun.spawn([process.execPath, "-e", reading], { stdio: ["ignore", "pipe", "inherit"] });
  expect(Number(await new Response(reader2.stdout).text())).toBe(acknowledged + 1);
});
