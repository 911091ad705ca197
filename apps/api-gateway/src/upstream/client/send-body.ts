import type { Outbox } from "./outbox.ts";

/**
 * Streams a request's body at the pace of the socket, holding at most one chunk. Chunked where the length is unknown; otherwise a body of
 * another length is an error, because it would break the framing.
 *
 * @param progress called after each chunk that was written completely.
 */
export async function sendBody(
  body: ReadableStream<Uint8Array>,
  contentLength: number | null,
  outbox: Outbox,
  progress: () => void,
): Promise<void> {
  const reader = body.getReader();
  const stop = (reason: unknown): void => void reader.cancel(reason).then(undefined, ignore);
  outbox.onClose(() => stop(new Error("the target has stopped reading")));
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.byteLength === 0) continue;
      bytes += value.byteLength;
      if (contentLength === null) outbox.chunk(value);
      else if (bytes <= contentLength) outbox.write(value);
      else throw new RangeError("the body is longer than its declared length");
      await outbox.whenDrained();
      progress();
    }
    if (contentLength !== null && bytes < contentLength)
      throw new RangeError("the body is shorter than its declared length");
    if (contentLength === null) outbox.write(lastChunk);
    await outbox.whenDrained();
  } catch (thrown) {
    stop(thrown);
    throw thrown;
  }
}

/** a source that fails while being cancelled no longer matters */
const ignore = (): void => undefined;

const lastChunk = new Uint8Array([48, 13, 10, 13, 10]);
