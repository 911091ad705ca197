import type { ConfigAnswer, ConfigJob } from "./config-job.ts";
import { runInWorker } from "./run-in-worker.ts";

export function runConfigJob(job: ConfigJob): Promise<ConfigAnswer> {
  return runInWorker(new URL("./config-worker.ts", import.meta.url), job);
}

/** The error for an answer whose kind does not fit the job. */
export function unexpectedAnswer(answer: ConfigAnswer): Error {
  return new Error(answer.kind === "failed" ? answer.message : `the config worker answered ${answer.kind}`);
}
