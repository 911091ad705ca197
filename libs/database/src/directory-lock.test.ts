import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { lockDirectory } from "./directory-lock.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("a directory that is in use is refused within the process that has it too, and free once that lets it go", () => {
  const path = directory.file("held");
  const lock = lockDirectory(path);
  expect(() => lockDirectory(path)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockDirectory(path).release();
});

test("a lock that was left by an earlier process of the same number is taken over, as after a restart of a container", async () => {
  const path = directory.file("left");
  await Bun.write(`${path}/cartway.lock`, `${process.pid} 1`);
  lockDirectory(path).release();
});

test("a lock whose writer was killed before it had written its number holds nobody up", async () => {
  const path = directory.file("empty");
  await Bun.write(`${path}/cartway.lock`, "");
  lockDirectory(path).release();
});
