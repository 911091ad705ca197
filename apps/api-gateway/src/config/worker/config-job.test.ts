import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { loadConfig } from "../load-config.ts";
import { doConfigJob } from "./config-job.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

const withRoutes = (...ids: readonly string[]) =>
  JSON.stringify({
    version: 1,
    services: {},
    routes: ids.map((id) => ({ id, match: { path: `/${id}` }, policies: [{ type: "respond", body: id }] })),
  });

test("a config is loaded as on the main thread, and problems are reported with their lines", async () => {
  const file = directory.file("gateway.json");
  await Bun.write(file, withRoutes("a"));
  const loaded = await doConfigJob({ kind: "load", options: { file } });
  expect(loaded).toEqual({ kind: "loaded", config: JSON.stringify(await loadConfig({ file })) });
  await Bun.write(file, '{ "version": 1,\n"routes": 5 }');
  const refused = await doConfigJob({ kind: "load", options: { file } });
  expect(refused).toMatchObject({ kind: "refused", file, issues: [{ path: "/routes", line: 2 }] });
});

test("a text is compared to the running config, or refused with its lines", async () => {
  const file = directory.file("running.json");
  await Bun.write(file, withRoutes("a", "b"));
  const running = JSON.stringify(await loadConfig({ file }));
  const validate = (text: string) => doConfigJob({ kind: "validate", text, running, readsFiles: true });
  expect(await validate(withRoutes("a", "b"))).toMatchObject({ validation: { changes: { isSame: true } } });
  expect(await validate(withRoutes("b", "c"))).toMatchObject({
    kind: "validated",
    validation: { isValid: true, changes: { isSame: false, routes: { added: ["c"], removed: ["a"] } } },
  });
  expect(await validate("routes: [")).toMatchObject({ validation: { isValid: false, issuesTotal: 1 } });
  const misspelt = withRoutes("a").replace("version", "versoin");
  expect(await validate(misspelt)).toMatchObject({ validation: { isValid: false } });
});

test("failures unrelated to the config are reported as such", async () => {
  const job = { kind: "validate", text: withRoutes("a"), running: "no config", readsFiles: true } as const;
  expect(await doConfigJob(job)).toMatchObject({ kind: "failed", message: expect.any(String) });
});
