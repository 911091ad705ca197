import { CartwayError } from "@libs/errors";

/** Why a request ends whose own body stopped coming: by its caller's fault, and never its target's. */
export function bodyStoppedComing(): CartwayError {
  return new CartwayError("request_timeout", { headers: { connection: "close" } });
}
