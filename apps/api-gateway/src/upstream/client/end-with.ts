import type { CallEnding, UpstreamResponse } from "../../model/upstream.ts";

/** Implements `UpstreamClient.sendFor` for clients based on promises. */
export async function endWith<T>(sending: Promise<UpstreamResponse>, ending: CallEnding<T>): Promise<T> {
  let answer: UpstreamResponse;
  try {
    answer = await sending;
  } catch (thrown) {
    return ending.failed(thrown);
  }
  return ending.answered(answer);
}
