import type { GatewayConfig } from "../schema.ts";
import { askAside, unanswered } from "./ask-aside.ts";
import type { Validation } from "./config-job.ts";

/** All that is wrong with a config, as YAML or JSON, or what it would change. Nothing is changed, and no file is read. */
export async function validateAside(text: string, running: GatewayConfig): Promise<Validation> {
  const answer = await askAside({ kind: "validate", text, running: JSON.stringify(running) });
  if (answer.kind !== "validated") throw unanswered(answer);
  return answer.validation;
}
