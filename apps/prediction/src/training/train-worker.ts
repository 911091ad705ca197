/** Trains in a separate thread, because it takes seconds that would block requests. */
import type { LabelledSession } from "../features/read-csv.ts";
import { trainModel } from "./train-model.ts";

declare const self: Worker;

self.addEventListener(
  "message",
  (message: MessageEvent<{ sessions: LabelledSession[]; trainedAtMs: number }>) => {
    const { sessions, trainedAtMs } = message.data;
    self.postMessage(trainModel({ sessions, source: "events", trainedAt: new Date(trainedAtMs) }));
  },
);
