import type { FileSink } from "bun";
import type { LogDestination } from "./create-logger.ts";

/**
 * Writes lines to a sink, one batch per turn of the event loop; `flush` waits for all of them.
 *
 * @param waitingBytesMax bound on what waits for a stalled reader; further lines are dropped, counted, and reported later.
 */
export function createSinkDestination(sink: FileSink, waitingBytesMax: number): LogDestination {
  /** Bytes passed to the sink that the reader has not accepted, and the part of them not yet flushed. */
  let waiting = 0;
  let unpushed = 0;
  let dropped = 0;
  let scheduled = false;
  let writing: Promise<unknown> = Promise.resolve();
  let readerGone = false;

  function write(line: string): void {
    if (readerGone) return;
    if (waiting > waitingBytesMax) {
      dropped += 1;
      return;
    }
    waiting += line.length;
    unpushed += line.length;
    // Bun returns a promise where the write had to wait or failed, contrary to its types
    const written: unknown = sink.write(line);
    if (written instanceof Promise) written.catch(leave);
    if (scheduled) return;
    scheduled = true;
    setImmediate(push);
  }

  /** EPIPE, ENOSPC: the reader is gone, and there is nowhere to report it. */
  function leave(): void {
    readerGone = true;
  }

  function push(): void {
    scheduled = false;
    const bytes = unpushed;
    unpushed = 0;
    writing = Promise.all([writing, settle(bytes)]);
  }

  async function settle(bytes: number): Promise<void> {
    try {
      await sink.flush();
      waiting -= bytes;
      if (dropped > 0 && waiting === 0) tellDropped();
    } catch {
      leave();
    }
  }

  function tellDropped(): void {
    const time = new Date().toISOString();
    const line = JSON.stringify({ level: "warn", time, dropped, message: "log lines were dropped" });
    dropped = 0;
    write(`${line}\n`);
  }

  return {
    write,
    async flush() {
      do {
        push();
        await writing;
      } while (unpushed > 0);
    },
  };
}
