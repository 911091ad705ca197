/** How long an address is remembered. */
const rememberedMs = 10_000;
const addressesMax = 10_000;
/** Of all addresses together: callers choose how long they are. */
const charsMax = 4_194_304;

/** Addresses whose answers could lately not be stored; the oldest are forgotten first. */
export class Uncacheable {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();
  /** One for good: a new one would pass all the places that are empty by now. */
  readonly #oldestFirst = this.#until.keys();
  #chars = 0;

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(address: string): void {
    if (!this.#until.has(address)) this.#chars += address.length;
    this.#until.set(address, this.#now() + rememberedMs);
    while (this.#until.size > addressesMax || this.#chars > charsMax) {
      const oldest = this.#oldestFirst.next().value;
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  has(address: string): boolean {
    const until = this.#until.get(address);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#forget(address);
    return false;
  }

  #forget(address: string): void {
    if (this.#until.delete(address)) this.#chars -= address.length;
  }
}
