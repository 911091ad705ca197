export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof logLevels)[number];

/** Writes a line: `fields` for machines, `message` for people. Errors belong in `err`. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

/**
 * Writes one JSON object per line. Everything is redacted, by key and by pattern, before it leaves the process, and has the request id
 * and tenant of the current request (`runWithLogContext`).
 */
export interface Logger {
  readonly level: LogLevel;
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger with further fields on every line. They are redacted and serialized once, here. */
  child(bindings: Readonly<Record<string, unknown>>): Logger;
  /** Check this before expensive work for a line that may be disabled. */
  isLevelEnabled(level: LogLevel): boolean;
  /** Resolves when the operating system has every line so far. */
  flush(): Promise<void>;
}
