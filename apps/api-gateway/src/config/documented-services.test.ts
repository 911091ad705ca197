import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";
import { checkConfig } from "./check-config.ts";

test("every service and every discovery that the documentation shows is one that the gateway takes", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../../../docs/services.md")).text();
  const [services = "", discovery = ""] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    (block) => block[1],
  );
  expect(checkConfig({ version: 1, ...parse(services) })).toMatchObject({ ok: true });
  const entries: [string, unknown][] = Object.entries(parse(discovery).discovery);
  expect(entries.length).toBe(4);
  const shown = Object.fromEntries(entries.map(([name, entry]) => [name, { discovery: entry }]));
  expect(checkConfig({ version: 1, services: shown })).toMatchObject({ ok: true });
});
