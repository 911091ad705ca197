import { type ErrorCode, errorCodes } from "./error-codes.ts";

/** One thing wrong with an input: where it is, what was found, what was expected. */
export interface InputIssue {
  /** JSON Pointer (RFC 6901) into the input, `""` for the whole. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
}

export interface CartwayErrorOptions {
  /** Shown to the caller. Never put an upstream address, a secret or a stack here. */
  readonly message?: string;
  /** Shown to the caller as `details`. */
  readonly details?: Readonly<Record<string, unknown>> | readonly InputIssue[];
  /** For the log only. */
  readonly internal?: string;
  /** Seconds after which a retry may help; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Headers the answer must carry, such as `WWW-Authenticate` or `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The one error type of the platform. `message` is public; `internal` and `cause` reach the log only. */
export class CartwayError extends Error {
  override readonly name = "CartwayError";
  readonly code: ErrorCode;
  readonly details: CartwayErrorOptions["details"];
  readonly internal: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ErrorCode, options: CartwayErrorOptions = {}) {
    super(options.message ?? errorCodes[code].message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.internal = options.internal;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

/** What was thrown, as the one error type. What is unknown becomes `internal` and shows nothing of itself. */
export function toCartwayError(thrown: unknown): CartwayError {
  if (thrown instanceof CartwayError) return thrown;
  return new CartwayError("internal", { cause: thrown, internal: describe(thrown) });
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
