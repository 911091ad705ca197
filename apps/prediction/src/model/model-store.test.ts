import { afterAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createTemporaryDirectory } from "@libs/testing";
import shipped from "../../models/online-shoppers.json" with { type: "json" };
import { checkModelFile } from "./model-file.ts";
import { ModelStore } from "./model-store.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());
const model = (day: number) => ({ ...checkModelFile(shipped), version: `2026-01-0${day}-0123abcd` });

test("the last few models in use are kept, and other files in their directory are not touched", async () => {
  const path = directory.file("models");
  await Bun.write(`${path}/own.json`, "{}");
  const store = new ModelStore(path, 3);
  expect(await store.current()).toBeNull();
  for (const day of [1, 2, 3, 4]) await store.use(model(day));
  expect(readdirSync(path).toSorted()).toEqual([
    "2026-01-02-0123abcd.json",
    "2026-01-03-0123abcd.json",
    "2026-01-04-0123abcd.json",
    "current.json",
    "own.json",
  ]);
  expect(await new ModelStore(path).current()).toMatchObject({ version: "2026-01-04-0123abcd" });
});

test("the time of the last training survives a restart, whether its model was used or not", async () => {
  const path = directory.file("trained");
  expect(await new ModelStore(path).lastTrainedAtMs()).toBeNull();
  const at = "2026-01-01T10:00:00.000Z";
  await new ModelStore(path).record({ at, outcome: "kept", challengerAuc: 0.7, championAuc: 0.8 });
  expect(await new ModelStore(path).lastTrainedAtMs()).toBe(Date.parse(at));
});

test("an unreadable record counts as none, and an unusable model is refused", async () => {
  const path = directory.file("broken");
  await Bun.write(`${path}/last-training.json`, "{");
  await Bun.write(`${path}/current.json`, "{}");
  const store = new ModelStore(path);
  expect(await store.lastTrainedAtMs()).toBeNull();
  expect(await store.current().catch(String)).toContain("not a model");
});
