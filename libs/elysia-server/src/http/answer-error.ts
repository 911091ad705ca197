import { renderError, toCartwayError } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";

/**
 * Renders a thrown error and logs it: errors of ours with their cause, caller errors at debug level. Of a flood, only the first of each
 * code are logged, and the rest counted.
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
