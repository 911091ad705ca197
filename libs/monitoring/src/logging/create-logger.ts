import { isRecord } from "@libs/json";
import { currentLogFields } from "./log-context.ts";
import { type Logger, type LogLevel, logLevels, type LogMethod } from "./logger.ts";
import { redactText } from "./redact-text.ts";
import { redactFields } from "./redact-value.ts";
import { standardOutput } from "./standard-output.ts";

export interface LoggerOptions {
  /** The app's name, written on every line. */
  readonly name: string;
  /** `info` by default. */
  readonly level?: LogLevel;
  /** Standard output by default. */
  readonly destination?: LogDestination;
}

export interface LogDestination {
  /** Receives one JSON object, including its line end. */
  write(line: string): void;
  /** Resolves when everything written has left the process. */
  flush?(): Promise<void>;
}

export function createLogger({ name, level = "info", destination }: LoggerOptions): Logger {
  const target = destination ?? standardOutput();
  return open({ target, level, bindings: `,"name":${JSON.stringify(name)}` });
}

interface Opened {
  readonly target: LogDestination;
  readonly level: LogLevel;
  /** The JSON text of the fields of every line, each after a comma. */
  readonly bindings: string;
}

function open({ target, level, bindings }: Opened): Logger {
  const isLevelEnabled = (asked: LogLevel): boolean => logLevels.indexOf(asked) >= logLevels.indexOf(level);
  const method = (name: Exclude<LogLevel, "silent">): LogMethod => {
    if (!isLevelEnabled(name)) return () => {};
    return (first: object | string, message?: string) => {
      const start = `{"level":"${name}","time":"${new Date().toISOString()}"${bindings}`;
      target.write(`${start}${textOf(fieldsOf(first, message))}}\n`);
    };
  };
  return {
    level,
    trace: method("trace"),
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    fatal: method("fatal"),
    child: (more) => open({ target, level, bindings: bindings + textOf(redactFields(more)) }),
    isLevelEnabled,
    flush: () => target.flush?.() ?? Promise.resolve(),
  };
}

/** The fields of a line, redacted. An error without a message of its own has that of the error. */
function fieldsOf(first: object | string, given: string | undefined): Readonly<Record<string, unknown>> {
  const context = redactFields(currentLogFields());
  if (typeof first === "string") return { ...context, message: redactText(first) };
  const fields = redactFields(first instanceof Error ? { err: first } : first);
  const { err } = fields;
  const ofError = isRecord(err) && fields["message"] === undefined ? err["message"] : undefined;
  const message = given === undefined ? ofError : redactText(given);
  return { ...context, ...fields, ...(message === undefined ? {} : { message }) };
}

/** The fields' JSON text, to append to others: a comma before each. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(fields);
  return text === "{}" ? "" : `,${text.slice(1, -1)}`;
}
