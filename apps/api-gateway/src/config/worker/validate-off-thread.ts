import type { GatewayConfig } from "../schema.ts";
import { runConfigJob, unexpectedAnswer } from "./run-config-job.ts";
import type { Validation } from "./config-job.ts";

/**
 * Checks a config text (YAML or JSON) in a worker: returns its issues, or what it would change. Applies nothing.
 * @param asked.readsFiles whether to read files that it names, since issues can reveal their content.
 */
export async function validateOffThread(
  asked: { readonly text: string; readonly readsFiles: boolean },
  running: GatewayConfig,
): Promise<Validation> {
  const answer = await runConfigJob({ kind: "validate", ...asked, running: JSON.stringify(running) });
  if (answer.kind !== "validated") throw unexpectedAnswer(answer);
  return answer.validation;
}
