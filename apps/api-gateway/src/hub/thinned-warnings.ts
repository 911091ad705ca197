import type { ErrorCode } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";

/** Limits warnings that may occur thousands of times at once: logs the first of each kind, then the number of others. */
export class ThinnedWarnings {
  readonly #logger: Logger;
  readonly #lines: ThinnedLines;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#lines = new ThinnedLines({ logger, message: "further hub operations failed in the same way" });
  }

  warn(message: string, fields: { readonly code: ErrorCode; readonly [field: string]: unknown }): void {
    const { code } = fields;
    if (this.#lines.admits(`${code} ${message}`, { what: message, code })) this.#logger.warn(fields, message);
  }
}
