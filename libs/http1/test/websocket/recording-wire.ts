import type { Wire } from "../../src/takeover.ts";

/** A connection whose other side is the test: what is written to it, write by write, and how it ended. */
export class RecordingWire implements Wire {
  readonly remoteAddress = "192.0.2.1";
  readonly writes: Buffer[] = [];
  readonly calls: string[] = [];
  bufferedBytes = 0;

  write(bytes: Uint8Array): number {
    this.writes.push(Buffer.from(bytes));
    return this.bufferedBytes;
  }

  end(): void {
    this.calls.push("end");
  }

  terminate(): void {
    this.calls.push("terminate");
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }
}
