import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, spawnScript, waitUntil } from "@libs/testing";

test("tests that are told to end leave no server behind", async () => {
  await using directory = await createTemporaryDirectory();
  const note = directory.file("server");
  const endless = directory.file("endless.test.ts");
  await Bun.write(
    endless,
    `import { test } from "bun:test";
     test("waits", async () => {
       await Bun.write(${JSON.stringify(note)}, process.env["CLICKHOUSE_URL"]);
       await new Promise(() => undefined);
     });`,
  );
  // two servers are named, so that one alone is started
  const named = { REDIS_URL: "redis://nowhere", DATABASE_URL: "postgres://nowhere" };
  const env = { ...process.env, ...named, CLICKHOUSE_URL: undefined };
  await using tests = spawnScript(join(import.meta.dir, "test.ts"), [endless], { env });
  await waitUntil(() => Bun.file(note).exists(), { timeoutMs: 50_000, what: "the test to run" });
  const url = await Bun.file(note).text();
  expect((await fetch(`${url}/ping`)).ok).toBe(true);
  tests.kill("SIGTERM");
  expect(await tests.exited).toBe(1);
  expect(fetch(`${url}/ping`)).rejects.toThrow();
}, 60_000);
