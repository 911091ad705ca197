import type { ErrorCode } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";

/** What failed for one client or one call and may fail for all of them at once: the first of each kind are logged, then their number. */
export class Troubles {
  readonly #logger: Logger;
  readonly #lines: ThinnedLines;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#lines = new ThinnedLines({ logger, message: "more failed in the hub as these did" });
  }

  warn(message: string, fields: { readonly code: ErrorCode; readonly [field: string]: unknown }): void {
    const { code } = fields;
    if (this.#lines.admits(`${code} ${message}`, { what: message, code })) this.#logger.warn(fields, message);
  }
}
