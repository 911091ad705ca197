import { CartwayError } from "@libs/errors";

export interface PasswordHasherOptions {
  /** Memory per hash in KiB; OWASP recommends 19,456 with two passes. */
  readonly memoryKib: number;
  readonly passes: number;
  /** Bound on concurrent hashes; each takes `memoryKib` and a thread. */
  readonly concurrencyMax: number;
  /** Bound on waiting hashes, beyond which callers get `overloaded`. */
  readonly waitingMax: number;
  /** NFKC by default (NIST SP 800-63B). NFC is what RFC 7617 requires of Basic clients, and what other programs hash. */
  readonly form?: "NFC" | "NFKC";
}

/**
 * Argon2id (RFC 9106) with bounds on memory and threads: excess logins wait in a short queue and are then refused, instead of exhausting
 * the process.
 */
export class PasswordHasher {
  readonly #options: PasswordHasherOptions;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | null = null;

  constructor(options: PasswordHasherOptions) {
    this.#options = options;
  }

  async hash(password: string): Promise<string> {
    return this.#inTurn(() =>
      Bun.password.hash(this.#normalise(password), {
        algorithm: "argon2id",
        memoryCost: this.#options.memoryKib,
        timeCost: this.#options.passes,
      }),
    );
  }

  /** Without a hash, verifies a decoy and returns `false`, so that unknown accounts take as long as known ones. */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const against = hash ?? (await this.#decoyHash());
    const matches = await this.#inTurn(() => Bun.password.verify(this.#normalise(password), against));
    return matches && hash !== null;
  }

  /** Whether a stored hash has other parameters, and should be replaced at the next login. */
  isOutdated(hash: string): boolean {
    return !hash.startsWith(`$argon2id$v=19$m=${this.#options.memoryKib},t=${this.#options.passes},`);
  }

  /** If the decoy cannot be computed under load, the next call tries again. */
  async #decoyHash(): Promise<string> {
    this.#decoy ??= this.hash(crypto.randomUUID()).catch((thrown: unknown) => {
      this.#decoy = null;
      throw thrown;
    });
    return this.#decoy;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.concurrencyMax) this.#running += 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // the slot is passed on directly: if it were freed first, a new caller could take it before the next in line wakes up
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#options.waitingMax) {
      throw new CartwayError("overloaded", {
        retryAfterSeconds: 2,
        internal: "too many password checks wait",
      });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The same characters can have several encodings, depending on the keyboard (NIST SP 800-63B, section 5.1.1.2). */
  #normalise(password: string): string {
    return password.normalize(this.#options.form ?? "NFKC");
  }
}
