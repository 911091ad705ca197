import type { Wire } from "../../src/takeover.ts";

/** A wire that records each write, and how it was ended. */
export class RecordingWire implements Wire {
  readonly remoteAddress = "192.0.2.1";
  readonly writes: Buffer[] = [];
  readonly calls: string[] = [];
  bufferedBytes = 0;
  isPaused = false;

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.byteLength);
  }

  writePart(bytes: Uint8Array, start: number, end: number): number {
    this.writes.push(Buffer.from(bytes.subarray(start, end)));
    return this.bufferedBytes;
  }

  end(): void {
    this.calls.push("end");
  }

  terminate(): void {
    this.calls.push("terminate");
  }

  pause(): void {
    this.isPaused = true;
    this.calls.push("pause");
  }

  resume(): void {
    this.isPaused = false;
    this.calls.push("resume");
  }
}
