export { CartwayError, type CartwayErrorOptions, type InputIssue, toCartwayError } from "./cartway-error.ts";
export { type ErrorCode, errorCodes, type Fault, isErrorCode } from "./error-codes.ts";
export { firstOfEachPath } from "./first-of-each-path.ts";
export { hasCode } from "./has-code.ts";
export { messageOf } from "./message-of.ts";
export { payloadTooLarge } from "./payload-too-large.ts";
export {
  type ErrorEnvelope,
  type RenderedError,
  renderError,
  renderErrorParts,
  toEnvelope,
} from "./render-error.ts";
