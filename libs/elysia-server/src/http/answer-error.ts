import { renderError, toCartwayError } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";

/**
 * Renders what was thrown and logs it: what is ours to repair with its cause, the caller's own only for who looks. Of a flood the first of
 * each code are written, and the rest is counted.
 */
export type AnswerError = (thrown: unknown, requestId: string) => Response;

export function createAnswerError(logger: Logger): AnswerError {
  const lines = new ThinnedLines({ logger, message: "more requests were answered with this error" });
  return (thrown, requestId) => {
    const error = toCartwayError(thrown);
    const fields = { requestId, code: error.code, internal: error.internal };
    const { code } = error;
    if (error.status < 500) logger.debug(fields, "a request was refused");
    else if (!lines.admits(code, { code })) return renderError(error, requestId);
    else if (error.retryable) logger.warn({ ...fields, err: error.cause }, "a request cannot be served now");
    else logger.error({ ...fields, err: error }, "a request failed");
    return renderError(error, requestId);
  };
}
