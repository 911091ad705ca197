export interface FrameReader {
  push(bytes: Buffer): void;
}

const nothing = Buffer.alloc(0);

/** Finds the frames of a server that sends short ones, without fragments. `onFrame` gets the place of a payload in `bytes`. */
export function readFrames(onFrame: (bytes: Buffer, start: number, end: number) => void): FrameReader {
  let rest: Buffer = nothing;
  return {
    push(received) {
      const bytes = rest.length === 0 ? received : Buffer.concat([rest, received]);
      let at = 0;
      while (at + 4 <= bytes.length) {
        const short = (bytes[at + 1] ?? 0) & 0x7f;
        const start = short < 126 ? at + 2 : at + 4;
        const end = start + (short < 126 ? short : bytes.readUInt16BE(at + 2));
        if (end > bytes.length) break;
        onFrame(bytes, start, end);
        at = end;
      }
      // the socket reuses its buffer
      rest = at === bytes.length ? nothing : Buffer.from(bytes.subarray(at));
    },
  };
}
