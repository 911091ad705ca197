import { stat } from "node:fs/promises";
import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { createSecretFile } from "./secret-file.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("a secret is written once, into a file and directory of its owner alone", async () => {
  const path = directory.file("data/secret");
  expect(await createSecretFile(path, "first")).toBe(true);
  expect(await createSecretFile(path, "second")).toBe(false);
  expect(await Bun.file(path).text()).toBe("first");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(directory.file("data"))).mode & 0o777).toBe(0o700);
});

test("a file that was left empty by a killed process is completed", async () => {
  const path = directory.file("unfinished");
  await Bun.write(path, "");
  expect(await createSecretFile(path, "whole")).toBe(true);
  expect(await Bun.file(path).text()).toBe("whole");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a file that cannot be created is reported", async () => {
  await Bun.write(directory.file("file"), "not a directory");
  await expect(createSecretFile(directory.file("file/secret"), "x")).rejects.toThrow();
});
