import { expect, test } from "bun:test";
import { join } from "node:path";
import { promtool } from "@libs/testing";

const root = join(import.meta.dir, "..");
const directory = join(root, "deploy/prometheus");

test.skipIf(promtool === null)(
  "Prometheus takes the scrape config, and each alert fires when it should and only then (install prometheus to run it)",
  () => {
    for (const args of [
      ["check", "config", "prometheus.yml"],
      ["test", "rules", "alerts.test.yml"],
    ]) {
      const { exitCode, stdout, stderr } = Bun.spawnSync([promtool ?? "", ...args], { cwd: directory });
      expect({ exitCode, out: exitCode === 0 ? "" : stdout.toString() + stderr.toString() }).toEqual({
        exitCode: 0,
        out: "",
      });
    }
  },
  60_000,
);

test("alerts ask for metrics that there are", async () => {
  const asked = new Set(
    [...(await Bun.file(join(directory, "alerts.yml")).text()).matchAll(/cartway_[a-z_]+/g)].map(([name]) =>
      name.replace(/_bucket$/, ""),
    ),
  );
  const made = new Set<string>();
  for await (const file of new Bun.Glob("{apps,libs}/*/src/**/*.ts").scan({ cwd: root })) {
    if (file.endsWith(".test.ts")) continue;
    for (const [, name = ""] of (await Bun.file(join(root, file)).text()).matchAll(/"(cartway_[a-z_]+)"/g))
      made.add(name);
  }
  expect([...asked].filter((name) => !made.has(name))).toEqual([]);
});
