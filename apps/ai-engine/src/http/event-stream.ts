import { toCartwayError, toEnvelope } from "@libs/errors";
import { currentLogContext } from "@libs/monitoring";

/** Sends one event; its data is one line of JSON. `event` `null` sends data only, as OpenAI's API does. */
export type SendEvent = (event: string | null, data: unknown) => void;

const heartbeatMs = 15_000;

/**
 * A response of server-sent events, written by `work`. Comments are sent while nothing else is, so that no proxy closes an
 * idle connection. When the client disconnects, `work`'s signal aborts; an error thrown by `work` is the last event.
 */
export function eventStream(
  signal: AbortSignal,
  work: (send: SendEvent, signal: AbortSignal) => Promise<void>,
): Response {
  const requestId = currentLogContext()?.requestId ?? "";
  const left = new AbortController();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => {
        if (!left.signal.aborted) controller.enqueue(encoder.encode(text));
      };
      const send: SendEvent = (event, data) => {
        const line = typeof data === "string" ? data : JSON.stringify(data);
        write(`${event === null ? "" : `event: ${event}\n`}data: ${line}\n\n`);
      };
      const heartbeat = setInterval(() => write(": still here\n\n"), heartbeatMs);
      void work(send, AbortSignal.any([signal, left.signal]))
        .catch((thrown: unknown) => send("error", toEnvelope(toCartwayError(thrown), requestId)))
        .finally(() => {
          clearInterval(heartbeat);
          if (!left.signal.aborted) controller.close();
        });
    },
    cancel() {
      left.abort();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}
