import { extname } from "node:path";
import { ConfigError } from "../config-error.ts";
import { filesOf, type LoadOptions } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { loadIfValid } from "./load-if-valid.ts";
import { runConfigJob, unexpectedAnswer } from "./run-config-job.ts";

/** About two thousand routes: smaller configs are checked here in short slices, which takes less than starting a worker for it. */
const inThreadBytesMax = 256 * 1024;

/**
 * `loadConfig` for a process that is serving requests. A worker reads and checks large files; files with faults, to say where these are; and
 * TypeScript modules, whose imports would otherwise stay in this process's module cache. @throws ConfigError as `loadConfig` does.
 */
export async function loadConfigOffThread(options: LoadOptions): Promise<GatewayConfig> {
  return (isSmallText(filesOf(options)) ? await loadIfValid(options) : null) ?? (await loadInWorker(options));
}

/** YAML or JSON, whose text is the whole config; a TypeScript module may import more. */
export function isText(file: string): boolean {
  return extname(file) !== ".ts";
}

function isSmallText(files: readonly string[]): boolean {
  const bytes = files.reduce((sum, file) => sum + Bun.file(file).size, 0);
  return bytes <= inThreadBytesMax && files.every(isText);
}

async function loadInWorker(options: LoadOptions): Promise<GatewayConfig> {
  const answer = await runConfigJob({ kind: "load", options });
  if (answer.kind === "refused") throw new ConfigError(answer.file, answer.issues);
  if (answer.kind !== "loaded") throw unexpectedAnswer(answer);
  const config: GatewayConfig = JSON.parse(answer.config);
  return config;
}
