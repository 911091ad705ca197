import { expect, test } from "bun:test";
import { join } from "node:path";
import { defineEnvironment } from "./environment-schema.ts";
import { requireEnvironment } from "./require-environment.ts";

test("a valid environment is returned", () => {
  const schema = defineEnvironment({ PORT: { type: "port", default: 1, description: "A port." } });
  expect(requireEnvironment(schema, { PORT: "80" })).toEqual({ PORT: 80 });
});

test("an invalid one is reported line by line, without a stack, and exits with 1", async () => {
  const program = `import { requireEnvironment } from ${JSON.stringify(join(import.meta.dir, "require-environment.ts"))};
    requireEnvironment({ URL: { type: "url", description: "" }, PORT: { type: "port", description: "" } }, { PORT: "x" });`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "ignore", "pipe"] });
  const lines = (await new Response(child.stderr).text()).trim().split("\n");
  expect(await child.exited).toBe(1);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain("URL");
  expect(lines[2]).toContain("PORT");
});
