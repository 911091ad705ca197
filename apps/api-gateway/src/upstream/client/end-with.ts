import type { UpstreamCall, UpstreamResponse } from "../../model/upstream/upstream.ts";

/** Implements `UpstreamClient.sendFor` for clients based on promises. */
export async function endWith<T>(sending: Promise<UpstreamResponse>, call: UpstreamCall<T>): Promise<T> {
  let answer: UpstreamResponse;
  try {
    answer = await sending;
  } catch (thrown) {
    return call.failed(thrown);
  }
  return call.answered(answer);
}
