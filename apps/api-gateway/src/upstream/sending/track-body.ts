/**
 * The same stream, with a callback at its end: broken, complete, or cancelled. Pull-based, so that the client's pace reaches the
 * upstream.
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
          ended(true);
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
