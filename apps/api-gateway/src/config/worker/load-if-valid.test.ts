import { expect, test } from "bun:test";
import { createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { loadConfig } from "../load-config.ts";
import { loadIfValid } from "./load-if-valid.ts";

const yaml = `
version: 1
services:
  one: &service { discovery: { type: static, targets: [{ url: "http://127.0.0.1:1" }] } }
  two: { <<: *service, retry: { attemptsMax: 2 } }
routes:
  - { id: "404", match: { path: /a, headers: { __proto__: "x", on: "yes" } }, service: one }
  - { id: b, match: { path: /b }, service: two, host: target, timeouts: { idleMs: 5 } }
`;
const json = JSON.stringify({ version: 1, routes: [{ id: "a", match: { path: "/a" }, service: "one" }] });

async function written(
  directory: TemporaryDirectory,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) await Bun.write(directory.file(name), text);
}

test.each([
  ["YAML with aliases and odd names", { "gateway.yaml": yaml, "gateway.prod.yaml": "version: 1" }],
  [
    "an overlay, which removes by null",
    { "gateway.yaml": yaml, "gateway.prod.yaml": "routes: [{ id: b, timeouts: null }]" },
  ],
  ["JSON under YAML", { "gateway.yaml": json, "gateway.prod.yaml": yaml }],
])("%s is loaded as loadConfig does", async (_name, files) => {
  await using directory = await createTemporaryDirectory();
  await written(directory, files);
  const options = { file: directory.file("gateway.yaml"), environment: "prod" };
  expect(await loadIfValid(options)).toStrictEqual(await loadConfig(options));
});

test.each([
  ["a duplicate name", "version: 1\nroutes: []\nversion: 1\n"],
  ["an open brace", "version: { b: 1\n"],
  ["prose", "this is no config"],
  ["nothing", ""],
  ["a value that is missing", "version: 1\nroutes:\n"],
  ["the name of no service", json],
  ["a secret that is not there", "version: 1\nserver: { debug: { secret: { env: UNSET } } }"],
])("%s is not loaded", async (_name, text) => {
  await using directory = await createTemporaryDirectory();
  await written(directory, { "gateway.yaml": text });
  const options = { file: directory.file("gateway.yaml"), secrets: { env: {} } };
  await expect(loadConfig(options)).rejects.toThrow();
  expect(await loadIfValid(options)).toBeNull();
});

test("JSON with comments and a file that does not exist are not loaded", async () => {
  await using directory = await createTemporaryDirectory();
  await written(directory, { "gateway.json": '{ // one\n "version": 1 }' });
  expect(await loadIfValid({ file: directory.file("gateway.json") })).toBeNull();
  expect(await loadIfValid({ file: directory.file("none.yaml") })).toBeNull();
});
