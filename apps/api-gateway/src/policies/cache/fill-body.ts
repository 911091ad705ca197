import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { ExchangeResponse } from "../../model/exchange/exchange.ts";

/** Why there is no complete body: it exceeds the limit, or its service or its client broke it off. */
export type Incomplete = "too_large" | "broken_off";

export interface FilledBody {
  /** The body for the client. */
  readonly body: ExchangeResponse["body"];
  /** The complete body, or why there is none. Never rejects. */
  readonly whole: Promise<Uint8Array | Incomplete>;
  /** Reports that the client will not read `body`: reading continues for the store, and stops if the body cannot be stored. */
  readonly discard: () => void;
}

/**
 * Reads a body for the store and for its client at once, up to `bytesMax` ahead of the client, so that a slow client does not hold up
 * others. A larger body is passed on at the client's pace and not stored.
 */
export function fillBody(body: ExchangeResponse["body"], bytesMax: number): FilledBody {
  if (!(body instanceof ReadableStream)) {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array());
    const whole = Promise.resolve<Uint8Array | Incomplete>(bytes.byteLength > bytesMax ? "too_large" : bytes);
    return { body, whole, discard: () => undefined };
  }
  const filling = new Filling(body, bytesMax);
  return { body: filling.forClient(), whole: filling.whole, discard: () => filling.discard() };
}

class Filling {
  readonly whole: Promise<Uint8Array | Incomplete>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #bytesMax: number;
  /** Chunks read ahead of the client. */
  #unread: Uint8Array[] = [];
  #isReadingAhead = true;
  #isDiscarded = false;
  #changed = Promise.withResolvers<void>();

  constructor(body: ReadableStream<Uint8Array>, bytesMax: number) {
    this.#reader = body.getReader();
    this.#bytesMax = bytesMax;
    this.whole = this.#readAhead().catch(() => "broken_off");
    // The client's stream reports a failure; a reader of the complete body only needs to know that there is none.
    this.whole.then(() => this.#stopReadingAhead()).catch(() => undefined);
  }

  forClient(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        while (this.#isReadingAhead && this.#unread.length === 0) await this.#changed.promise;
        const chunk = this.#unread.shift();
        if (chunk !== undefined) return controller.enqueue(chunk);
        const { done, value } = await this.#reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => this.discard(),
    });
  }

  discard(): void {
    this.#isDiscarded = true;
    this.#unread = [];
    if (!this.#isReadingAhead) this.#cancel();
  }

  async #readAhead(): Promise<Uint8Array | Incomplete> {
    const all: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return Buffer.concat(all, bytes);
      if (!this.#isDiscarded) this.#unread.push(value);
      this.#signal();
      bytes += value.byteLength;
      if (bytes > this.#bytesMax) return "too_large";
      all.push(value);
    }
  }

  #stopReadingAhead(): void {
    this.#isReadingAhead = false;
    this.#signal();
    if (this.#isDiscarded) this.#cancel();
  }

  #cancel(): void {
    // A failed body needs no cancellation.
    this.#reader.cancel().catch(() => undefined);
  }

  #signal(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
