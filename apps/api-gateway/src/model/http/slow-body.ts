import { CartwayError } from "@libs/errors";

/** The error for a request whose own body stopped arriving: the caller's fault, never the target's. */
export function bodyStoppedComing(): CartwayError {
  return new CartwayError("request_timeout", { headers: { connection: "close" } });
}
