import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, spawnScript } from "@libs/testing";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

test("a first start that fails because its port is taken shows the password of the administrator that it created", async () => {
  using other = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data: () => undefined } });
  await using started = spawnScript(join(import.meta.dir, "../../../scripts/start.ts"), [], {
    env: {
      PATH: process.env["PATH"] ?? "",
      DATA_DIRECTORY: directory.file("data"),
      LOG_LEVEL: "error",
      HOST: "127.0.0.1",
      PORT: String(other.port),
      INGESTION_PORT: "0",
      PREDICTION_PORT: "0",
      AI_ENGINE_PORT: "0",
      FLEET_PORT: "0",
      ADMIN_PORT: "0",
    },
  });
  expect(await started.exited).toBe(1);
  expect(started.lines.all.join("\n")).toContain("First administrator  admin@cartway.local");
  expect(started.errors.all.join("\n")).toContain(`port ${other.port}`);
}, 60_000);
