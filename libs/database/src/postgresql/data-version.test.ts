import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { createDataDirectory } from "./create-data-directory.ts";
import { assertReadable, engineVersion } from "./data-version.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("the engine opens its own data, and refuses data of another major version, naming both", async () => {
  const data = directory.file("pgdata");
  await createDataDirectory(data);
  await assertReadable(data);
  await Bun.write(`${data}/PG_VERSION`, "99\n");
  await expect(assertReadable(data)).rejects.toThrow(
    `is PostgreSQL 99's and the embedded engine is ${engineVersion}`,
  );
}, 60_000);
