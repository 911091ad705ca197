import type { FieldBlock } from "./message/field-block.ts";
import type { Trailers } from "./message/trailers.ts";

/** Fields that few answers need. */
export interface AnswerExtras {
  /** Length of a stream, where known. */
  readonly contentLength?: number | null;
  /** Sent after a stream of unknown length to HTTP/1.1 clients; `Bun.serve` cannot send them. */
  readonly trailers?: Trailers | null;
  /** Field lines written before `fields`; MUST NOT contain connection or framing fields. */
  readonly block?: FieldBlock | null;
  /** Reason phrase; `""` for the usual one. */
  readonly reason?: string;
}

const noExtras: AnswerExtras = {};

/** An answer in wire form, for a listener that writes it itself: needs neither a `Response` nor `Headers`. */
export class WireResponse {
  readonly status: number;
  /** `[name, value, name, value, ...]`, in order and with duplicates. Without framing fields, which the listener writes. */
  readonly fields: readonly string[];
  /** `null` for none. Bytes and text get their length, a stream gets `contentLength` where known and is chunked otherwise. */
  readonly body: Uint8Array | string | ReadableStream<Uint8Array> | null;
  readonly contentLength: number | null;
  readonly trailers: Trailers | null;
  readonly block: FieldBlock | null;
  readonly reason: string;

  constructor(
    status: number,
    fields: readonly string[],
    body: WireResponse["body"],
    { contentLength = null, trailers = null, block = null, reason = "" }: AnswerExtras = noExtras,
  ) {
    this.status = status;
    this.fields = fields;
    this.body = body;
    this.contentLength = contentLength;
    this.trailers = trailers;
    this.block = block;
    this.reason = reason;
  }

  /** A copy with further fields appended. */
  with(...fields: readonly string[]): WireResponse {
    return new WireResponse(this.status, [...this.fields, ...fields], this.body, this);
  }
}
