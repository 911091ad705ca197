import type { CallEnding, UpstreamResponse } from "../../model/upstream.ts";

/** `UpstreamClient.sendFor` of a client whose calls are promises already. */
export async function endWith<T>(sending: Promise<UpstreamResponse>, ending: CallEnding<T>): Promise<T> {
  let answer: UpstreamResponse;
  try {
    answer = await sending;
  } catch (thrown) {
    return ending.failed(thrown);
  }
  return ending.answered(answer);
}
