/** Worker entry: reads and compares configs off the main thread, which would otherwise serve no request for seconds with a large one. */
import { type ConfigJob, doConfigJob } from "./config-job.ts";

declare const self: Worker;

self.addEventListener("message", (message: MessageEvent<ConfigJob>) => {
  void doConfigJob(message.data).then((answer) => self.postMessage(answer));
});
