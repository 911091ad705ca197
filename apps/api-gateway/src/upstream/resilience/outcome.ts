import { CartwayError } from "@libs/errors";
import { isDeadline } from "../../model/upstream/is-deadline.ts";
import { type Abortable, UpstreamFailure, type UpstreamResponse } from "../../model/upstream/upstream.ts";

/**
 * The outcome of an attempt for its target. `gateway-failure`: no answer, or one of 502, 503 and 504. `failure`: any other 5xx. `ignored`:
 * no verdict, because the caller left or sent too much, or the gateway had no room.
 */
export type Outcome = "success" | "failure" | "gateway-failure" | "ignored";

type Result = Pick<UpstreamResponse, "status"> | UpstreamFailure;

/**
 * @param abortable the request's: a target that did not answer before its deadline has failed, a client who left has not. `null` for one
 * without a deadline.
 */
export function outcomeOf(result: Result, abortable: Abortable | null): Outcome {
  if (result instanceof UpstreamFailure) return outcomeOfFailure(result, abortable);
  if (result.status < 500) return "success";
  return result.status >= 502 && result.status <= 504 ? "gateway-failure" : "failure";
}

function outcomeOfFailure({ kind, cause }: UpstreamFailure, abortable: Abortable | null): Outcome {
  if (cause instanceof CartwayError || kind === "pool-full") return "ignored";
  return kind === "aborted" && (abortable === null || !isDeadline(abortable)) ? "ignored" : "gateway-failure";
}
