import type { LogDestination } from "./create-logger.ts";
import { createSinkDestination } from "./sink-destination.ts";

/** Standard output, shared by every logger of the process. A reader that stalls costs lines beyond 16 MiB. */
export function standardOutput(): LogDestination {
  if (shared === null) {
    const sink = Bun.stdout.writer({ highWaterMark: 256 * 1024 });
    shared = createSinkDestination(sink, 16 * 1024 * 1024);
    process.once("exit", () => void sink.flush());
  }
  return shared;
}

/** Made with the first logger, never at import. */
let shared: LogDestination | null = null;
