import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";
import { currentLogFields } from "./log-context.ts";
import type { Logger, LogLevel, LogMethod } from "./logger.ts";
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
  const logger = pino(
    {
      name,
      level,
      base: { name },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: {
        level: (label) => ({ level: label }),
        log: redactFields,
      },
      serializers: { err: (value: unknown) => value },
      mixin: currentLogFields,
      hooks: { logMethod: redactMessage },
    },
    target,
  );
  return wrap(logger, target, level);
}

/** pino applies redaction to fields; the message is redacted here. `LogMethod` has no format arguments. */
function redactMessage(
  this: PinoLogger,
  args: Parameters<PinoLogger["info"]>,
  method: (...args: Parameters<PinoLogger["info"]>) => void,
): void {
  const [first, second] = args;
  if (typeof first === "string") method.call(this, {}, redactText(first));
  else if (first instanceof Error) method.call(this, { err: first }, redactText(second ?? first.message));
  else method.call(this, first, second === undefined ? second : redactText(second));
}

function wrap(logger: PinoLogger, target: LogDestination & DestinationStream, level: LogLevel): Logger {
  const method = (name: Exclude<LogLevel, "silent">): LogMethod => logger[name].bind(logger);
  return {
    level,
    trace: method("trace"),
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    fatal: method("fatal"),
    child: (bindings) => wrap(logger.child(redactFields(bindings)), target, level),
    isLevelEnabled: (asked) => logger.isLevelEnabled(asked),
    flush: () => target.flush?.() ?? Promise.resolve(),
  };
}
