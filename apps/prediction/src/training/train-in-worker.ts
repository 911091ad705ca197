import type { LabelledSession } from "../features/read-csv.ts";
import type { ModelFile } from "../model/model-file.ts";

/** Rejects if the training fails or takes longer than `deadlineMs`; the thread is terminated in any case. */
export function trainInWorker(
  sessions: readonly LabelledSession[],
  trainedAtMs: number,
  deadlineMs = 600_000,
): Promise<ModelFile> {
  const worker = new Worker(new URL("./train-worker.ts", import.meta.url).href);
  const trained = new Promise<ModelFile>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`training took longer than ${deadlineMs} ms`)),
      deadlineMs,
    );
    worker.addEventListener("message", (event: MessageEvent<ModelFile>) => {
      clearTimeout(timer);
      resolve(event.data);
    });
    worker.addEventListener("error", (event) => {
      clearTimeout(timer);
      reject(new Error(event.message));
    });
    worker.postMessage({ sessions, trainedAtMs });
  });
  return trained.finally(() => worker.terminate());
}
