import { discard } from "@libs/http1";
import type { UpstreamResponse } from "../../model/upstream/upstream.ts";

/** What another answer replaces: an answer's body, which may have failed meanwhile, is not read any more. */
export function discardAnswer(result: UpstreamResponse | Error): void {
  if (!(result instanceof Error)) discard(result);
}
