import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { loadConfig } from "./load-config.ts";
import { unavailableSecrets } from "./unavailable-secrets.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("what is not there is told at each place that refers to it, and what is there is not", async () => {
  await Bun.write(directory.file("key"), "secret");
  const config = {
    a: { env: "SET" },
    b: [{ env: "UNSET" }, { env: "UNSET" }],
    c: { file: directory.file("key") },
    d: { file: directory.file("none") },
  };
  const unset = "the environment variable UNSET is not set";
  expect(unavailableSecrets(config, { env: { SET: "x", UNSET: "" } })).toEqual([
    { kind: "variable", name: "UNSET", path: "/b/0", message: unset },
    { kind: "variable", name: "UNSET", path: "/b/1", message: unset },
    {
      kind: "file",
      name: directory.file("none"),
      path: "/d",
      message: `the file ${directory.file("none")} cannot be read (ENOENT)`,
    },
  ]);
});

test("a config that is loaded with its secrets is refused with the line of each one that is not there", async () => {
  const file = directory.file("gateway.yaml");
  const identity = "{ type: jwt, issuer: x, audience: x, algorithms: [HS256], secret: { env: UNSET } }";
  await Bun.write(file, `version: 1\nidentity:\n  a: ${identity}\n  b: ${identity}\n`);
  expect(await loadConfig({ file })).toMatchObject({ version: 1 });
  const refused = loadConfig({ file, secrets: { env: {} } });
  const unset = "the environment variable UNSET is not set";
  await expect(refused).rejects.toThrow(
    `${file}:3:64: /identity/a/secret: ${unset}\n${file}:4:64: /identity/b/secret: ${unset}`,
  );
});
