/** The field that is added to requests with a body; one that a client sends itself says the same. */
export const bodyMark = "x-http2-body";

const prefaceBytes = 24;
const frameHeadBytes = 9;
const headersType = 1;
const continuationType = 9;
const endStream = 1;
const endHeaders = 4;
const nothing: Buffer = Buffer.alloc(0);

/** `x-http2-body: 1` as a literal without indexing (RFC 7541, section 6.2.2): it changes no table. */
const markField = Buffer.from(`\0${String.fromCharCode(bodyMark.length)}${bodyMark}\x011`, "latin1");

/**
 * Marks the requests of an HTTP/2 connection that have a body: Bun's server withholds the body of a GET or HEAD, and does not say that
 * there was one. Only frame heads are read (RFC 9113, section 4.1); the mark is a last CONTINUATION frame of the request's head. What is
 * no HTTP/2 is passed on, for the server to refuse.
 */
export class Http2BodyMarks {
  /** Bytes of the preface, later of the current frame, that are still to be passed on unread. */
  #unread = prefaceBytes;
  /** The head of the next frame, as far as it has come. */
  #begun: Buffer = nothing;
  /** The current head is that of a request with a body. */
  #hasBody = false;
  /** To be added behind the current frame. */
  #mark: Buffer | null = null;

  /** @param bytes are changed. @returns the bytes with marks; the last few may be kept until more come. */
  push(bytes: Buffer): Buffer {
    const chunk = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    const parts: Buffer[] = [];
    let start = 0;
    let at = Math.min(this.#unread, chunk.length);
    this.#unread -= at;
    while (this.#unread === 0) {
      if (this.#mark !== null) {
        parts.push(chunk.subarray(start, at), this.#mark);
        this.#mark = null;
        start = at;
      }
      if (chunk.length - at < frameHeadBytes) break;
      const length = this.#readHead(chunk.subarray(at, at + frameHeadBytes));
      const end = Math.min(chunk.length, at + frameHeadBytes + length);
      this.#unread = at + frameHeadBytes + length - end;
      at = end;
    }
    // copied, so that the rest of the chunk can be freed
    this.#begun = at === chunk.length ? nothing : Buffer.from(chunk.subarray(at));
    if (parts.length === 0) return chunk.subarray(0, at);
    return Buffer.concat([...parts, chunk.subarray(start, at)]);
  }

  /** @returns the length of the frame's payload. */
  #readHead(head: Buffer): number {
    const type = head[3];
    const flags = head[4] ?? 0;
    if (type === headersType) this.#hasBody = (flags & endStream) === 0;
    if (this.#hasBody && (type === headersType || type === continuationType) && (flags & endHeaders) !== 0) {
      head[4] = flags & ~endHeaders;
      this.#mark = markFrame(head.readUInt32BE(5));
    }
    return head.readUIntBE(0, 3);
  }
}

function markFrame(stream: number): Buffer {
  const frame = Buffer.alloc(frameHeadBytes + markField.length);
  frame.writeUIntBE(markField.length, 0, 3);
  frame[3] = continuationType;
  frame[4] = endHeaders;
  frame.writeUInt32BE(stream, 5);
  markField.copy(frame, frameHeadBytes);
  return frame;
}
