import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";
import { checkConfig } from "./check-config.ts";

const page = await Bun.file(join(import.meta.dir, "../../../../docs/policies.md")).text();
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((block): unknown => parse(block[1] ?? ""));

test("every policy that the page on shaping shows is one that the gateway takes", () => {
  const policies = blocks.filter((block) => Array.isArray(block));
  expect(policies.length).toBeGreaterThan(6);
  for (const shown of policies) {
    const routes = [{ id: "r", match: { path: "/" }, policies: [...shown, { type: "respond" }] }];
    expect([shown, checkConfig({ version: 1, routes })]).toEqual([
      shown,
      expect.objectContaining({ ok: true }),
    ]);
  }
});

test("and so is every route", () => {
  const routes = blocks.filter((block) => !Array.isArray(block));
  expect(routes.length).toBe(1);
  for (const shown of routes)
    expect(checkConfig({ version: 1, ...Object(shown) })).toMatchObject({ ok: true });
});
