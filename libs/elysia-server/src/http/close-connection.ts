/**
 * The answer with `Connection: close`: a client that keeps its connection through a drain would send its next request into
 * a closing socket.
 */
export function closeConnection(answer: Response): Response {
  try {
    answer.headers.set("connection", "close");
    return answer;
  } catch {
    // Headers of a fetched response are immutable.
    const copy = new Response(answer.body, answer);
    copy.headers.set("connection", "close");
    return copy;
  }
}
