import type { ConfigAnswer, ConfigJob } from "./config-job.ts";

/** Runs the job in a worker thread of its own, which is terminated afterwards. Rejects if the worker fails or takes longer than `deadlineMs`. */
export function runInWorker(job: ConfigJob, deadlineMs = 120_000): Promise<ConfigAnswer> {
  const worker = new Worker(new URL("./config-worker.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<ConfigAnswer>();
  const timer = setTimeout(
    () => reject(new Error(`the config took longer than ${deadlineMs} ms to read`)),
    deadlineMs,
  );
  worker.addEventListener("message", (event: MessageEvent<ConfigAnswer>) => resolve(event.data));
  worker.addEventListener("error", ({ message }) => reject(new Error(`the config worker: ${message}`)));
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

/** The error for an answer whose kind does not fit the job. */
export function unexpectedAnswer(answer: ConfigAnswer): Error {
  return new Error(answer.kind === "failed" ? answer.message : `the config worker answered ${answer.kind}`);
}
