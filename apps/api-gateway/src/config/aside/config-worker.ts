/** Reads and compares configs in a thread of its own: a large one takes seconds that the thread which answers requests must not lose. */
import { type ConfigJob, doConfigJob } from "./config-job.ts";

declare const self: Worker;

self.addEventListener("message", (message: MessageEvent<ConfigJob>) => {
  void doConfigJob(message.data).then((answer) => self.postMessage(answer));
});
