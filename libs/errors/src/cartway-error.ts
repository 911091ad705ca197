import { type ErrorCode, errorCodes } from "./error-codes.ts";

/** One problem of an input: where it is, and what was expected instead of what. */
export interface InputIssue {
  /** JSON Pointer (RFC 6901) into the input; `""` for all of it. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
}

export interface CartwayErrorOptions {
  /** Shown to the caller. MUST NOT contain an upstream address, a secret or a stack. */
  readonly message?: string;
  /** Shown to the caller as `details`. */
  readonly details?: Readonly<Record<string, unknown>> | readonly InputIssue[];
  /** For the log only. */
  readonly internal?: string;
  /** Seconds after which a retry may help; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Headers that the answer must have, such as `WWW-Authenticate` or `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The platform's only error type. `message` is public; `internal` and `cause` are only logged. */
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

/** Converts anything thrown. Unknown errors become `internal`, and reveal nothing. */
export function toCartwayError(thrown: unknown): CartwayError {
  if (thrown instanceof CartwayError) return thrown;
  return new CartwayError("internal", { cause: thrown, internal: describe(thrown) });
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
