import type { ConfigAnswer, ConfigJob } from "./config-job.ts";

/** Has the job done in a thread of its own, which ends with it. Rejects where that fails or takes longer than `deadlineMs`. */
export function askAside(job: ConfigJob, deadlineMs = 120_000): Promise<ConfigAnswer> {
  const worker = new Worker(new URL("./config-worker.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<ConfigAnswer>();
  const timer = setTimeout(
    () => reject(new Error(`the config took longer than ${deadlineMs} ms to read`)),
    deadlineMs,
  );
  worker.addEventListener("message", (event: MessageEvent<ConfigAnswer>) => resolve(event.data));
  worker.addEventListener("error", ({ message }) => reject(new Error(`the config's thread: ${message}`)));
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

/** An answer that is none to what was asked. */
export function unanswered(answer: ConfigAnswer): Error {
  return new Error(answer.kind === "failed" ? answer.message : `the config's thread answered ${answer.kind}`);
}
