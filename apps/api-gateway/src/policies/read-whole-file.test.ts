import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { readWholeFile } from "./read-whole-file.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("a file is read up to its bound and not a byte further", async () => {
  const file = directory.file("page.html");
  const text = "ä".repeat(100_000);
  await Bun.write(file, text);
  expect(readWholeFile(file, 200_000)).toBe(text);
  expect(() => readWholeFile(file, 199_999)).toThrow(`the file ${file} is larger than 199999 bytes`);
  await Bun.write(file, "");
  expect(readWholeFile(file, 1)).toBe("");
});

test("endless files and pipes without a writer are not waited for", () => {
  const pipe = directory.file("pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  for (const file of [pipe, "/dev/zero", directory.path])
    expect(() => readWholeFile(file, 1000)).toThrow(`${file} is no file`);
});

test("a file that reports size 0 is bounded, too", () => {
  expect(readWholeFile("/proc/self/status", 65_536)).toContain("Pid:");
  expect(() => readWholeFile("/proc/self/status", 10)).toThrow("is larger than 10 bytes");
});

test("a missing file cannot be read", () => {
  const file = directory.file("none");
  expect(() => readWholeFile(file, 10)).toThrow(`the file ${file} cannot be read`);
});
