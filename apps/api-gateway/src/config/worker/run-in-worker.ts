/**
 * Runs the job in a worker thread of its own, which is terminated afterwards: its first message is the answer. Rejects if the worker fails,
 * ends without an answer or takes longer than `deadlineMs`.
 */
export function runInWorker<Answer>(program: URL, job: unknown, deadlineMs = 120_000): Promise<Answer> {
  const worker = new Worker(program.href);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const timer = setTimeout(
    () => reject(new Error(`the config took longer than ${deadlineMs} ms to read`)),
    deadlineMs,
  );
  worker.addEventListener("message", (event: MessageEvent<Answer>) => resolve(event.data));
  worker.addEventListener("error", ({ message }) => reject(new Error(`the config worker: ${message}`)));
  // a config in TypeScript may call `process.exit`
  worker.addEventListener("close", () =>
    reject(new Error("the config ended its process before it was read")),
  );
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}
