import type { UpstreamTimeouts } from "../../model/upstream.ts";
import type { Watchdog } from "./watchdog.ts";

/**
 * A request's body on its way: its client must go on sending it and the target must go on taking it, each within the idle time.
 * With its end begins the time to the first byte. `isOver` once there is an answer: then the body is nobody's concern.
 */
export function watchRequestBody(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  { idleMs, firstByteMs }: UpstreamTimeouts,
  isOver: () => boolean,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const expect = (kind: "aborted" | "idle-timeout" | "first-byte-timeout", ms: number): void => {
    if (!isOver()) watchdog.await(kind, ms);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        expect("aborted", idleMs);
        const { done, value } = await reader.read();
        if (done) {
          expect("first-byte-timeout", firstByteMs);
          return controller.close();
        }
        controller.enqueue(value);
        expect("idle-timeout", idleMs);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** An answer's body: the target must go on sending it while its reader wants more. How slow the reader is does not count. */
export function watchResponseBody(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  idleMs: number,
  toFailure: (thrown: unknown) => Error,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        watchdog.await("idle-timeout", idleMs);
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (thrown) {
          controller.error(toFailure(thrown));
        } finally {
          watchdog.rest();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
