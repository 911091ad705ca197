import type { LogDestination } from "./create-logger.ts";
import { createSinkDestination } from "./sink-destination.ts";

/** Standard output, shared by all loggers of the process. With a stalled reader, lines beyond 16 MiB are dropped. */
export function standardOutput(): LogDestination {
  if (shared === null) {
    const sink = Bun.stdout.writer({ highWaterMark: 256 * 1024 });
    shared = createSinkDestination(sink, 16 * 1024 * 1024);
    process.once("exit", () => void sink.flush());
  }
  return shared;
}

/** Created with the first logger, never at import. */
let shared: LogDestination | null = null;
