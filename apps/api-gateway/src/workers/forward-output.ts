/** The destination of lines: the supervisor's standard output. */
export interface LineSink {
  write(lines: string): void;
  flush?(): Promise<void>;
}

/** A line of more is passed on in parts. */
const lineCharsMax = 1024 * 1024;

/**
 * Forwards a worker's output in whole lines, so that lines of several workers never mix. Reads no faster than the sink accepts: a worker
 * whose output stalls drops lines itself. Resolves at the end of the stream.
 */
export async function forwardOutput(stream: ReadableStream<Uint8Array>, sink: LineSink): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.length > lineCharsMax ? text.length : text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end === 0) continue;
    sink.write(text.slice(0, end));
    await sink.flush?.();
  }
  if (rest !== "") sink.write(`${rest}\n`);
}
