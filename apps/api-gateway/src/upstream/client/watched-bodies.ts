import { UpstreamFailure, type UpstreamTimeouts } from "../../model/upstream/upstream.ts";
import { ReaderPace } from "./reader-pace.ts";
import type { Watchdog } from "./watchdog.ts";

/**
 * Supervises a request's body: its client must keep sending and the target must keep accepting, each within the idle timeout. At its end
 * the first-byte timeout starts. `isOver` once there is an answer, after which the body no longer matters.
 */
export function watchRequestBody(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  { idleMs, firstByteMs }: UpstreamTimeouts,
  isOver: () => boolean,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const expect = (kind: "aborted" | "idle-timeout" | "first-byte-timeout", ms: number): void => {
    if (!isOver()) watchdog.start(kind, ms);
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

/** Supervises an answer's body: the target must keep sending while the reader wants more. A slow reader does not count against it. */
export function watchResponseBody(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  idleMs: number,
  toFailure: (thrown: unknown) => UpstreamFailure,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const pace = new ReaderPace();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pace.release();
        watchdog.start("idle-timeout", idleMs);
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (thrown) {
          const { kind, sent, message, cause } = toFailure(thrown);
          controller.error(new UpstreamFailure(pace.judge(kind), sent, message, cause));
        } finally {
          watchdog.stop();
          pace.hold();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
