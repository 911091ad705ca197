import { afterAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { lockDirectory } from "./directory-lock.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("a directory in use is refused, also within the same process, and free once it is released", () => {
  const path = directory.file("held");
  const lock = lockDirectory(path);
  expect(() => lockDirectory(path)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockDirectory(path).release();
});

test("a data directory that is created can be read by its owner alone", () => {
  const path = directory.file("private/data");
  lockDirectory(path).release();
  expect([path, dirname(path)].map((one) => statSync(one).mode & 0o777)).toEqual([0o700, 0o700]);
});

test("a directory that cannot be created or written to is reported with the cause and remedy", async () => {
  const file = directory.file("file");
  await Bun.write(file, "not a directory");
  expect(() => lockDirectory(`${file}/data`)).toThrow(
    `the data directory ${file}/data cannot be written to: let this user write there, or choose another`,
  );
});

test("a lock left by an earlier process with the same id is taken over, as after a container's restart", async () => {
  const path = directory.file("left");
  await Bun.write(`${path}/cartway.lock`, `${process.pid} 1`);
  lockDirectory(path).release();
});

test("a lock file left incomplete by a killed process does not block the next one", async () => {
  const path = directory.file("empty");
  await Bun.write(`${path}/cartway.lock`, "");
  lockDirectory(path).release();
});

test("of many processes that take over an abandoned lock exactly one succeeds", async () => {
  const path = directory.file("contested");
  await Bun.write(`${path}/cartway.lock`, "1 1");
  const program = `
    const { lockDirectory } = await import(${JSON.stringify(join(import.meta.dir, "directory-lock.ts"))});
    process.stdout.write("ready ");
    await Bun.stdin.text();
    try {
      lockDirectory(${JSON.stringify(path)});
      console.log("taken");
      await new Promise(() => setInterval(() => undefined, 1000));
    } catch (error) {
      console.log(error.message.includes("in use by") ? "refused" : error.message);
    }`;
  const children = Array.from({ length: 6 }, () =>
    Bun.spawn([process.execPath, "-e", program], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }),
  );
  const readers = children.map((child) => child.stdout.pipeThrough(new TextDecoderStream()).getReader());
  for (const reader of readers) expect((await reader.read()).value).toBe("ready ");
  for (const child of children) await child.stdin.end();
  const said = await Promise.all(readers.map(async (reader) => (await reader.read()).value?.trim()));
  expect(said.filter((word) => word === "taken")).toHaveLength(1);
  expect(said.filter((word) => word === "refused")).toHaveLength(5);
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.exited));
  lockDirectory(path).release();
});
