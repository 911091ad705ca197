import { join } from "node:path";
import { freePort, waitUntil } from "@libs/testing";
import type { Subprocess } from "bun";

const root = join(import.meta.dir, "../../../..");

/** The platform as a process that can be killed and started again. */
export interface SpawnedPlatform {
  readonly url: string;
  /** Resolves when it is ready. */
  start(): Promise<Subprocess>;
  /** The one that was started last, with SIGKILL. */
  kill(): Promise<void>;
}

/** Runs what `npm start` runs, on free ports, with its data in `directory`. No recovery messages are written. */
export async function spawnPlatform(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SpawnedPlatform> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env["PATH"] ?? "",
    DATA_DIRECTORY: directory,
    LOG_LEVEL: "error",
    RECOVERY_ENABLED: "false",
    PORT: String(port),
    INGESTION_PORT: String(await freePort()),
    PREDICTION_PORT: String(await freePort()),
    AI_ENGINE_PORT: String(await freePort()),
    FLEET_PORT: String(await freePort()),
    ADMIN_PORT: "0",
    ...environment,
  };
  let child: Subprocess | null = null;
  return {
    url,
    async start() {
      const started = Bun.spawn([process.execPath, "scripts/start.ts"], {
        cwd: root,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      child = started;
      await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, {
        timeoutMs: 60_000,
        what: "the platform",
      });
      return started;
    },
    async kill() {
      child?.kill("SIGKILL");
      await child?.exited;
    },
  };
}
