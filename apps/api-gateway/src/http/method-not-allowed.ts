import { CartwayError } from "@libs/errors";

/** The path exists for other methods, which must be listed (RFC 9110, section 15.5.6). */
export function methodNotAllowed(allow: readonly string[]): CartwayError {
  return new CartwayError("method_not_allowed", { headers: { allow: allow.join(", ") } });
}
