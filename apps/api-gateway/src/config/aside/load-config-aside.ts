import { ConfigError } from "../config-error.ts";
import type { LoadOptions } from "../load-config.ts";
import type { GatewayConfig } from "../schema.ts";
import { askAside, unanswered } from "./ask-aside.ts";

/** As `loadConfig`, of a process that is answering requests meanwhile. */
export async function loadConfigAside(options: LoadOptions): Promise<GatewayConfig> {
  const answer = await askAside({ kind: "load", options });
  if (answer.kind === "refused") throw new ConfigError(answer.file, answer.issues);
  if (answer.kind !== "loaded") throw unanswered(answer);
  const config: GatewayConfig = JSON.parse(answer.config);
  return config;
}
