import { UpstreamFailure } from "../../model/upstream/upstream.ts";

/**
 * The same stream, with a callback at its end: broken by its target, or complete, cancelled, or broken because of its reader. Pull-based,
 * so that the client's pace reaches the upstream.
 */
export function trackBody(
  body: ReadableStream<Uint8Array>,
  ended: (isBroken: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          ended(false);
          controller.close();
        } catch (thrown) {
          ended(!(thrown instanceof UpstreamFailure && thrown.kind === "aborted"));
          controller.error(thrown);
        }
      },
      async cancel(reason) {
        ended(false);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
