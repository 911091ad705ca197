/**
 * The same stream, with its end told once: whole or cancelled, or broken. Pulled, so that the client's pace holds the upstream
 * back.
 */
export function trackBody(
  body: ReadableStream<Uint8Array>,
  ended: (end: "whole" | "cancelled" | "broken") => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          ended("whole");
          controller.close();
        } catch (thrown) {
          ended("broken");
          controller.error(thrown);
        }
      },
      async cancel(reason) {
        ended("cancelled");
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
