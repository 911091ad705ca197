import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { ConfigError } from "../config-error.ts";
import { createConfigLoader } from "./config-loader.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

const withRoute = (id: string) =>
  JSON.stringify({
    version: 1,
    services: {},
    routes: [{ id, match: { path: "/" }, policies: [{ type: "respond", body: "x" }] }],
  });

test("unchanged files are read once, a change of any is picked up, and a broken one keeps the last config", async () => {
  const [file, overlay] = [directory.file("gateway.json"), directory.file("gateway.prod.json")];
  await Bun.write(file, withRoute("a"));
  await Bun.write(overlay, "{}");
  const load = createConfigLoader({ file, environment: "prod" });
  const first = await load();
  expect(await load()).toBe(first);
  await Bun.write(overlay, JSON.stringify({ routes: [{ id: "a", bodyBytesMax: 5 }] }));
  const second = await load();
  expect(second.routes[0]).toMatchObject({ id: "a", bodyBytesMax: 5 });
  await Bun.write(file, "{");
  expect(load()).rejects.toThrow(ConfigError);
  await Bun.write(file, withRoute("a"));
  expect(await load()).toEqual(second);
});

test("a module is loaded every time, because its imports may have changed", async () => {
  const file = directory.file("gateway.ts");
  await Bun.write(directory.file("part.json"), withRoute("one"));
  await Bun.write(
    file,
    `import { readFileSync } from "node:fs";
export default JSON.parse(readFileSync(${JSON.stringify(directory.file("part.json"))}, "utf8"));`,
  );
  const load = createConfigLoader({ file });
  expect((await load()).routes[0]?.id).toBe("one");
  await Bun.write(directory.file("part.json"), withRoute("two"));
  expect((await load()).routes[0]?.id).toBe("two");
});
