import { CartwayError } from "@libs/errors";

/** The path is served, for other methods: RFC 9110, section 15.5.6, wants them named. */
export function methodNotAllowed(allow: readonly string[]): CartwayError {
  return new CartwayError("method_not_allowed", { headers: { allow: allow.join(", ") } });
}
