import { within } from "@libs/elysia-server";
import type { Coder } from "./coders.ts";

/** How long the source may be silent before what it has sent is flushed. */
const silentMs = 10;

/**
 * Compresses at the reader's pace, one chunk of the source at a time. What a coder would keep until it has more is flushed when the source
 * pauses: a page or a text that grows arrives as it is sent.
 */
export function compressStream(source: ReadableStream<Uint8Array>, coder: Coder): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const compressor = coder.stream();
  const ready: Buffer[] = [];
  let isEnded = false;
  let isFlushed = true;
  let coming: ReturnType<typeof reader.read> | null = null;
  compressor.on("data", (bytes: Buffer) => ready.push(bytes));
  // the failed write or end reports it; without a listener the error would end the process
  compressor.on("error", () => undefined);

  async function work(): Promise<void> {
    coming ??= reader.read();
    if (!isFlushed && !(await within(coming, silentMs))) return flush();
    const { done, value } = await coming;
    coming = null;
    if (!done) return write(value);
    isEnded = true;
    await end();
  }

  function flush(): Promise<void> {
    isFlushed = true;
    return new Promise((resolve) => compressor.flush(coder.flush, resolve));
  }

  function write(bytes: Uint8Array): Promise<void> {
    isFlushed = false;
    return new Promise((resolve, reject) => {
      compressor.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  function end(): Promise<void> {
    return new Promise((resolve, reject) => {
      compressor.once("error", reject);
      compressor.once("end", resolve);
      compressor.end();
    });
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        while (ready.length === 0 && !isEnded) await work();
        for (const bytes of ready.splice(0)) controller.enqueue(bytes);
        if (isEnded) controller.close();
      } catch (thrown) {
        compressor.destroy();
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      compressor.destroy();
      await reader.cancel(reason);
    },
  });
}
