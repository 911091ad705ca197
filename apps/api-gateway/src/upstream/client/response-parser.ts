import {
  BegunHead,
  ChunkedDecoder,
  MalformedMessage,
  partOf,
  readTrailers,
  type Trailers,
} from "@libs/http1";
import { parseHead, type ResponseHead } from "./parse-head.ts";

/** Receives a response as it is parsed. Body bytes are views of the input. */
export interface ResponseSink {
  onHead(head: ResponseHead): void;
  onBody(bytes: Uint8Array): void;
  /** The response is complete. `isClean` is false where more bytes followed: the connection MUST NOT be reused. */
  onComplete(isClean: boolean): void;
}

const emptyLine = Buffer.from("\r\n\r\n", "latin1");

type State = "head" | "length" | "chunked" | "until-close" | "complete";

/** Larger heads are refused; nginx and Node accept half of this or less. */
const headBytesMax = 32_768;
/** Bound on interim (1xx) responses before the final one. */
const interimMax = 16;

/** Parses the responses of a connection, one after another. Knows nothing of sockets. */
export class ResponseParser {
  readonly #sink: ResponseSink;
  #state: State = "complete";
  #method = "";
  readonly #begun = new BegunHead();
  #remaining = 0;
  #interim = 0;
  #chunks: ChunkedDecoder | null = null;
  #trailers: Trailers | null = null;
  readonly #emit: (bytes: Uint8Array) => void;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
    this.#emit = (bytes) => sink.onBody(bytes);
  }

  /** Whether any byte of the current response has arrived. */
  get hasStarted(): boolean {
    return this.#state !== "head" || !this.#begun.isEmpty || this.#interim > 0;
  }

  /** Prepares for the answer to a request with that method. */
  begin(method: string): void {
    this.#state = "head";
    this.#method = method;
    this.#begun.clear();
    this.#interim = 0;
  }

  /** MUST be called only between `begin` and `onComplete`. @throws MalformedMessage, after which nothing more may be pushed. */
  push(bytes: Buffer): void {
    const chunk = this.#begun.joined(bytes);
    let at = 0;
    while (this.#state === "head") {
      const next = this.#readHead(chunk, at);
      if (next === null) return this.#begun.keep(chunk, at);
      at = next;
      this.#begun.clear();
    }
    this.#readBody(chunk, at);
  }

  /** The target has closed its side. @returns whether that validly ended the body. */
  end(): boolean {
    if (this.#state !== "until-close") return false;
    this.#state = "complete";
    this.#sink.onComplete(true);
    return true;
  }

  /** @returns where the body begins, or `null` where the head is incomplete. */
  #readHead(chunk: Buffer, start: number): number | null {
    const from = start + this.#begun.searched;
    const end = chunk.indexOf(emptyLine, from);
    if (end < 0 || end + 4 > start + headBytesMax) {
      refuseInvalidStart(chunk, start, from);
      return null;
    }
    const head = parseHead(chunk.toString("latin1", start, end + 2), this.#method);
    if (head.status < 200) this.#countInterim(head.status);
    else this.#openBody(head);
    return end + 4;
  }

  #countInterim(status: number): void {
    if (status === 101) throw new MalformedMessage("the protocol was switched unasked");
    this.#interim += 1;
    if (this.#interim > interimMax) throw new MalformedMessage("there are too many interim responses");
  }

  #openBody(head: ResponseHead): void {
    const { framing } = head;
    this.#sink.onHead(head);
    switch (framing.kind) {
      case "none":
        this.#state = "complete";
        return;
      case "length":
        this.#remaining = framing.bytes;
        this.#state = framing.bytes === 0 ? "complete" : "length";
        return;
      case "chunked":
        this.#chunks = new ChunkedDecoder();
        this.#trailers = head.trailers;
        this.#state = "chunked";
        return;
      case "until-close":
        this.#state = "until-close";
        return;
    }
  }

  #readBody(bytes: Buffer, start: number): void {
    switch (this.#state) {
      case "length":
        return this.#readLength(bytes, start);
      case "chunked":
        return this.#readChunks(bytes, start);
      case "until-close":
        if (start < bytes.length) this.#sink.onBody(partOf(bytes, start, bytes.length));
        return;
      case "complete":
        return this.#sink.onComplete(start === bytes.length);
      case "head":
        return;
    }
  }

  #readLength(bytes: Buffer, start: number): void {
    const end = Math.min(bytes.length, start + this.#remaining);
    if (end > start) this.#sink.onBody(partOf(bytes, start, end));
    this.#remaining -= end - start;
    if (this.#remaining > 0) return;
    this.#state = "complete";
    this.#sink.onComplete(end === bytes.length);
  }

  #readChunks(bytes: Buffer, start: number): void {
    const decoder = this.#chunks;
    if (decoder === null) return;
    const end = decoder.push(bytes, start, this.#emit);
    if (!decoder.isDone) return;
    if (decoder.trailers !== "") {
      const fields = readTrailers(decoder.trailers);
      if (this.#trailers !== null) this.#trailers.fields = fields;
    }
    this.#chunks = null;
    this.#trailers = null;
    this.#state = "complete";
    this.#sink.onComplete(end === bytes.length);
  }
}

const protocol = "HTTP/1.";

/**
 * Refuses an incomplete head that can no longer become valid.
 * @param from bytes before this position were checked already, except a CR right before it.
 */
function refuseInvalidStart(chunk: Buffer, start: number, from: number): void {
  if (chunk.length - start >= headBytesMax) throw new MalformedMessage("the head is too large");
  const begun = chunk.toString("latin1", start, Math.min(chunk.length, start + protocol.length));
  if (!protocol.startsWith(begun)) throw new MalformedMessage("the answer is not HTTP/1");
  if (/[^\r]\n/.test(chunk.toString("latin1", from))) throw new MalformedMessage("a line ends without CR");
}
