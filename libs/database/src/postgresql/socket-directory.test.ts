import { afterAll, expect, test } from "bun:test";
import { mkdir, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { makeSocketDirectory, removeLeftSocketDirectories, socketPath } from "./socket-directory.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

const openEngine = `
  import { openPostgreSQL } from ${JSON.stringify(`${import.meta.dir}/open-postgresql.ts`)};
  const sql = await openPostgreSQL({ directory: process.argv[1] });
  process.stdout.write("open\\n");
  if (process.argv[2] === "close") await sql.close();
  else setInterval(() => undefined, 60_000);`;

function start(mode: "stay" | "close") {
  const path = directory.file("data");
  return Bun.spawn([process.execPath, "-e", openEngine, path, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function directoriesOf(pid: number): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`cartway-pg-${pid}-`));
}

test("a killed engine's socket is removed by the next start, and a stopped engine leaves none", async () => {
  const killed = start("stay");
  await killed.stdout.getReader().read();
  expect(await directoriesOf(killed.pid)).toHaveLength(1);
  killed.kill("SIGKILL");
  await killed.exited;
  expect(await directoriesOf(killed.pid)).toHaveLength(1);
  const next = start("close");
  await next.exited;
  expect(await directoriesOf(killed.pid)).toEqual([]);
  expect(await directoriesOf(next.pid)).toEqual([]);
}, 60_000);

test("sockets of a live process, with a listener or of another name are not removed", async () => {
  const parent = directory.file("places");
  await mkdir(parent);
  const gone = Bun.spawn(["true"]);
  await gone.exited;
  const own = await makeSocketDirectory(parent);
  for (const name of [`cartway-pg-${gone.pid}-answer`, `cartway-pg-${gone.pid}-silent`, "cartway-pg-notes"])
    await mkdir(`${parent}/${name}`);
  const listener = createServer().listen(socketPath(`${parent}/cartway-pg-${gone.pid}-answer`));
  await removeLeftSocketDirectories(parent);
  expect((await readdir(parent)).toSorted()).toEqual(
    [basename(own), `cartway-pg-${gone.pid}-answer`, "cartway-pg-notes"].toSorted(),
  );
  await new Promise((resolve) => listener.close(resolve));
  await rm(parent, { recursive: true });
});
