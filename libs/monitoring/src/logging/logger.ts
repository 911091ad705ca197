export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof logLevels)[number];

/** One line: what a machine filters by in `fields`, what a person reads in `message`. Errors go under `err`. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/**
 * Writes one JSON object a line. Whatever is logged is redacted by key and by shape before it leaves the process, and
 * carries the request id and the tenant of the request being served (`runWithLogContext`).
 */
export interface Logger {
  readonly level: LogLevel;
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger whose lines carry these fields too. The fields are redacted and written as JSON once, here. */
  child(bindings: Readonly<Record<string, unknown>>): Logger;
  /** Ask before building something dear for a line that may not be written. */
  isLevelEnabled(level: LogLevel): boolean;
  /** Resolves when every line so far has been handed to the operating system. */
  flush(): Promise<void>;
}
