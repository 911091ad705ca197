import type { FileSink } from "bun";
import type { LogDestination } from "./create-logger.ts";

/**
 * Writes lines to a sink, those of one turn of the loop together; `flush` waits for all of them. pino's own destination is not
 * used: on Bun, what it was writing when the process ended is lost, and its `flush` does not wait for that.
 *
 * @param waitingBytesMax how much may wait for a reader that stalls; further lines are dropped, counted, and told of later.
 */
export function createSinkDestination(sink: FileSink, waitingBytesMax: number): LogDestination {
  /** Bytes given to the sink and not yet taken by the reader, and how many of them no flush was asked for yet. */
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
    // Bun gives a promise where the write had to wait or failed, which its types do not say.
    const written: unknown = sink.write(line);
    if (written instanceof Promise) written.catch(leave);
    if (scheduled) return;
    scheduled = true;
    setImmediate(push);
  }

  /** EPIPE, ENOSPC: nobody takes lines any more, and there is no one left to tell. */
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
