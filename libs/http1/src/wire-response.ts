import type { FieldBlock } from "./message/field-block.ts";
import type { Trailers } from "./message/trailers.ts";

/** What only some answers have. */
export interface AnswerExtras {
  /** Of a stream, where it is known. */
  readonly contentLength?: number | null;
  /** Sent behind a stream without a length, to HTTP/1.1 clients; `Bun.serve` cannot send them. */
  readonly trailers?: Trailers | null;
  /** Field lines that stand before `fields`; none of the connection's and no framing. */
  readonly block?: FieldBlock | null;
  /** What stands behind the status; `""` for what is usual. */
  readonly reason?: string;
}

const noExtras: AnswerExtras = {};

/**
 * An answer as it is to stand on the wire, for a listener that writes it itself: no `Response` and no `Headers` are made for it.
 */
export class WireResponse {
  readonly status: number;
  /** `[name, value, name, value, ...]`, in order and with duplicates. No framing fields: the listener writes those. */
  readonly fields: readonly string[];
  /** `null` for none. Bytes and text are sent with their length, a stream with `contentLength` where it is known, else chunked. */
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

  /** The same answer with fields behind its own. */
  with(...fields: readonly string[]): WireResponse {
    return new WireResponse(this.status, [...this.fields, ...fields], this.body, this);
  }
}
