import type { GatewayConfig } from "../schema.ts";
import { runInWorker, unexpectedAnswer } from "./run-in-worker.ts";
import type { Validation } from "./config-job.ts";

/** Checks a config text (YAML or JSON) in a worker: all of its issues, or what it would change. Reads no file and applies nothing. */
export async function validateOffThread(text: string, running: GatewayConfig): Promise<Validation> {
  const answer = await runInWorker({ kind: "validate", text, running: JSON.stringify(running) });
  if (answer.kind !== "validated") throw unexpectedAnswer(answer);
  return answer.validation;
}
