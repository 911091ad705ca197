import { type Answer, WireResponse } from "@libs/http1";

/**
 * Adds `Connection: close`: during a drain, a client that keeps its connection would send the next request into a closing socket. Headers
 * of Bun's responses, fetched ones included, are mutable.
 */
export function closeConnection(answer: Answer): Answer {
  if (answer instanceof WireResponse) return answer.with("connection", "close");
  answer.headers.set("connection", "close");
  return answer;
}
