/** A full chunk takes about 0.05 ms to fill, which is how long rendering delays requests at a time. */
const chunkBytes = 16_384;

/** The longest number that `String` writes has 24 characters; a line feed follows it. */
const valueBytesMax = 25;

const lineFeed = 10;
const encoder = new TextEncoder();

/**
 * Lines of the text format, written into chunks of bytes. As strings, which are joined and encoded afterwards, thousands of lines would
 * leave several megabytes of garbage at each scrape.
 */
export class TextLines {
  #chunk = new Uint8Array(chunkBytes);
  #end = 0;
  #full: Uint8Array[] = [];

  /** Adds a line as it is. */
  addText(text: string): void {
    const line = encoder.encode(`${text}\n`);
    this.#makeRoom(line.length);
    this.#chunk.set(line, this.#end);
    this.#end += line.length;
  }

  /** Adds the value of a series. @param start what stands before it, with the space */
  add(start: Uint8Array, value: number): void {
    this.#makeRoom(start.length + valueBytesMax);
    this.#chunk.set(start, this.#end);
    this.#end += start.length;
    const text = renderValue(value);
    for (let index = 0; index < text.length; index += 1) this.#put(text.charCodeAt(index));
    this.#put(lineFeed);
  }

  /** The chunks that are full, which the caller owns from now on. */
  takeFull(): readonly Uint8Array[] {
    if (this.#full.length === 0) return none;
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** All that is left. */
  takeRest(): readonly Uint8Array[] {
    this.#finishChunk(0);
    return this.takeFull();
  }

  #put(byte: number): void {
    this.#chunk[this.#end] = byte;
    this.#end += 1;
  }

  #makeRoom(bytes: number): void {
    if (this.#end + bytes > this.#chunk.length) this.#finishChunk(bytes);
  }

  /** @param bytes that the next chunk must hold at least */
  #finishChunk(bytes: number): void {
    if (this.#end > 0) this.#full.push(this.#chunk.subarray(0, this.#end));
    this.#chunk = new Uint8Array(Math.max(chunkBytes, bytes));
    this.#end = 0;
  }
}

const none: readonly Uint8Array[] = [];

function renderValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
