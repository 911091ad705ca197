export interface BatcherOptions<Item> {
  readonly max: number;
  /** Bytes of the whole body; larger batches are split. */
  readonly bytesMax: number;
  readonly waitMs: number;
  readonly concurrencyMax: number;
  /** Makes the call and settles every item. MUST NOT reject. */
  readonly send: (texts: readonly string[], items: readonly Item[]) => Promise<void>;
}

/**
 * Gathers JSON texts into arrays: a call goes out when the first text has waited long enough or the array is full, and
 * waits, growing up to its bound, while all allowed calls are under way. The number of items is bounded by whoever adds them.
 */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>;
  #texts: string[] = [];
  #items: Item[] = [];
  #bytes = 0;
  #closed: { readonly texts: readonly string[]; readonly items: readonly Item[] }[] = [];
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Set when the first text has waited long enough, but all calls are in progress. */
  #isDue = false;

  constructor(options: BatcherOptions<Item>) {
    this.#options = options;
  }

  add(text: string, item: Item): void {
    const { max, bytesMax, waitMs } = this.#options;
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > bytesMax && this.#texts.length > 0) {
      this.#closeBatch();
      this.#dispatch();
    }
    this.#texts.push(text);
    this.#items.push(item);
    this.#bytes += bytes + 1;
    if (this.#texts.length >= max) {
      this.#closeBatch();
      this.#dispatch();
    } else if (this.#timer === null && !this.#isDue) {
      this.#timer = setTimeout(() => this.#waitOver(), waitMs);
    }
  }

  #waitOver(): void {
    this.#timer = null;
    this.#isDue = this.#texts.length > 0;
    this.#dispatch();
  }

  #closeBatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = false;
    this.#closed.push({ texts: this.#texts, items: this.#items });
    this.#texts = [];
    this.#items = [];
    this.#bytes = 0;
  }

  #dispatch(): void {
    while (this.#calls < this.#options.concurrencyMax) {
      if (this.#closed.length === 0 && this.#isDue) this.#closeBatch();
      const batch = this.#closed.shift();
      if (batch === undefined) return;
      this.#calls += 1;
      void this.#call(batch.texts, batch.items);
    }
  }

  async #call(texts: readonly string[], items: readonly Item[]): Promise<void> {
    try {
      await this.#options.send(texts, items);
    } finally {
      this.#calls -= 1;
      this.#dispatch();
    }
  }
}
