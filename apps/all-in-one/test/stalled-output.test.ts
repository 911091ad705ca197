import { afterAll, expect, test } from "bun:test";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

/** A pipe that is full, and that nobody reads. */
function openFullPipe(): number {
  const path = directory.file("output");
  Bun.spawnSync(["mkfifo", path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(pipe, "-");
  } catch {
    return pipe;
  }
}

test("a signal ends the platform although nobody reads its log", async () => {
  const output = openFullPipe();
  const port = await freePort();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../../../scripts/start.ts")], {
    env: {
      PATH: process.env["PATH"] ?? "",
      DATA_DIRECTORY: directory.file("data"),
      LOG_LEVEL: "info",
      PORT: String(port),
      INGESTION_PORT: "0",
      PREDICTION_PORT: "0",
      AI_ENGINE_PORT: "0",
      FLEET_PORT: "0",
      ADMIN_PORT: "0",
    },
    stdio: ["ignore", output, "inherit"],
  });
  try {
    const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
    await waitUntil(isReady, { timeoutMs: 60_000, what: "the platform" });
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  } finally {
    child.kill("SIGKILL");
    closeSync(output);
  }
}, 60_000);
