import { extname } from "node:path";
import { ConfigError } from "../config-error.ts";
import { filesOf, type LoadOptions, loadConfig } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { askAside, unanswered } from "./ask-aside.ts";

/** Some two thousand routes, which are read in a tenth of a second: a thread takes longer to begin. */
const directlyBytesMax = 256 * 1024;

/**
 * As `loadConfig`, of a process that is answering requests meanwhile: what is large is read in a thread of its own, and so is a
 * TypeScript module, of which this thread would keep what it imports.
 */
export async function loadConfigAside(options: LoadOptions): Promise<GatewayConfig> {
  const files = filesOf(options);
  const bytes = files.reduce((sum, file) => sum + Bun.file(file).size, 0);
  if (bytes <= directlyBytesMax && files.every(isText)) return await loadConfig(options);
  const answer = await askAside({ kind: "load", options });
  if (answer.kind === "refused") throw new ConfigError(answer.file, answer.issues);
  if (answer.kind !== "loaded") throw unanswered(answer);
  const config: GatewayConfig = JSON.parse(answer.config);
  return config;
}

/** And no module, whose text does not tell what it gives. */
export function isText(file: string): boolean {
  return extname(file) !== ".ts";
}
