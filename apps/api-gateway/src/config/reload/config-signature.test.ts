import { expect, test } from "bun:test";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { configSignature, isPartOfConfig } from "./config-signature.ts";

/** Two folders with a config each, and a symlink to the first of them. */
async function released(directory: TemporaryDirectory): Promise<void> {
  for (const name of ["one", "two"]) {
    await mkdir(directory.file(name));
    await Bun.write(directory.file(`${name}/gateway.yaml`), name);
  }
  await symlink(directory.file("one"), directory.file("current"));
}

async function swap(directory: TemporaryDirectory, target: string, link: string): Promise<void> {
  await symlink(directory.file(target), directory.file("next"));
  await rename(directory.file("next"), directory.file(link));
}

const changes: [what: string, change: (directory: TemporaryDirectory) => Promise<unknown>][] = [
  ["is written", (directory) => Bun.write(directory.file("one/gateway.yaml"), "changed")],
  ["gets an overlay", (directory) => Bun.write(directory.file("one/gateway.prod.yaml"), "{}")],
  [
    "is replaced by one of the same length",
    async (directory) => {
      await Bun.write(directory.file("one/new"), "eno");
      await rename(directory.file("one/new"), directory.file("one/gateway.yaml"));
    },
  ],
  ["is elsewhere, by a symlink to its folder", (directory) => swap(directory, "two", "current")],
  ["goes with its folder", (directory) => rm(directory.file("one"), { recursive: true })],
];

test.each(changes)("changes if the config %s", async (_what, change) => {
  await using directory = await createTemporaryDirectory();
  await released(directory);
  const file = directory.file("current/gateway.yaml");
  const before = await configSignature(file);
  expect(await configSignature(file)).toBe(before);
  await Bun.write(directory.file("one/gateway.log"), "beside");
  expect(await configSignature(file)).toBe(before);
  await change(directory);
  expect(await configSignature(file)).not.toBe(before);
});

test("follows a symlink to the file, whose target may be written", async () => {
  await using directory = await createTemporaryDirectory();
  await released(directory);
  const file = directory.file("gateway.yaml");
  await symlink(directory.file("one/gateway.yaml"), file);
  const before = await configSignature(file);
  await Bun.write(directory.file("one/gateway.yaml"), "changed");
  expect(await configSignature(file)).not.toBe(before);
});

test("a config consists of the file and its overlays, without an editor's temporary files", () => {
  const names = ["gateway.yaml", "gateway.prod.yaml", ".gateway.yaml.swp", "gateway.yaml~", "gate.yaml"];
  expect(names.filter((name) => isPartOfConfig("/etc/gateway.yaml", name))).toEqual(names.slice(0, 2));
});
