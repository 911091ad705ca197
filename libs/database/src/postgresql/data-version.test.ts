import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { createDataDirectory } from "./create-data-directory.ts";
import { assertReadable, engineVersion } from "./data-version.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("what the engine makes it reads; data of another major version is refused with both versions", async () => {
  const data = directory.file("pgdata");
  await createDataDirectory(data);
  await assertReadable(data);
  await Bun.write(`${data}/PG_VERSION`, "99\n");
  await expect(assertReadable(data)).rejects.toThrow(
    `is PostgreSQL 99's and the embedded engine is ${engineVersion}`,
  );
}, 60_000);
