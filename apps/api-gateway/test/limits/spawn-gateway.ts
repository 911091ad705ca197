import { join } from "node:path";
import { freePort, type SpawnedProcess, spawnScript, waitUntil } from "@libs/testing";

const program = join(import.meta.dir, "../../src/main.ts");

export interface GatewayProcess {
  readonly url: string;
  readonly process: SpawnedProcess;
}

export interface SpawnGatewayOptions {
  readonly configFile: string;
  readonly redisUrl: string | null;
  /** A module to preload. */
  readonly preload?: string;
}

/** A gateway as `bun run gateway` starts it, a process of the operating system, ready. */
export async function spawnGateway({
  configFile,
  redisUrl,
  preload,
}: SpawnGatewayOptions): Promise<GatewayProcess> {
  const port = await freePort();
  const env = {
    PATH: process.env["PATH"],
    HOST: "127.0.0.1",
    LOG_LEVEL: "error",
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
    ...(preload === undefined ? {} : { BUN_OPTIONS: `--preload=${preload}` }),
  };
  const child = spawnScript(program, ["--config", configFile, "--port", String(port), "--no-admin"], { env });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, {
    timeoutMs: 60_000,
    what: "the gateway to be ready",
  });
  return { url, process: child };
}
