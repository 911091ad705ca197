import { createLogger } from "./create-logger.ts";
import type { Logger, LogLevel } from "./logger.ts";

export interface MemoryLogger {
  readonly logger: Logger;
  /** Every line so far, after redaction, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** The same lines as text. */
  readonly text: () => string;
}

/** A real logger that keeps its lines, for tests that assert on the log. */
export function createMemoryLogger(level: LogLevel = "trace"): MemoryLogger {
  const written: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: "memory",
    level,
    destination: {
      write(line) {
        written.push(line);
        lines.push(JSON.parse(line));
      },
    },
  });
  return { logger, lines, text: () => written.join("") };
}
