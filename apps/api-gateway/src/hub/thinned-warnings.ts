import type { ErrorCode } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";

/** Warnings about one client or call that may come for thousands at once: the first of each kind are logged, then how many followed. */
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
