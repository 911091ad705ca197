import { type Answer, WireResponse } from "@libs/http1";

/**
 * The answer with `Connection: close`: a client that keeps its connection through a drain would send its next request into a
 * closing socket. Bun's responses, fetched ones too, have headers that can be changed.
 */
export function closeConnection(answer: Answer): Answer {
  if (answer instanceof WireResponse) return answer.with("connection", "close");
  answer.headers.set("connection", "close");
  return answer;
}
