import { CartwayError } from "@libs/errors";

export interface PasswordHasherOptions {
  /** KiB of memory a hash takes; OWASP asks for 19,456 with two passes. */
  readonly memoryKib: number;
  readonly passes: number;
  /** Hashes computed at once. Each takes `memoryKib` and a thread. */
  readonly concurrencyMax: number;
  /** Hashes that may wait for their turn; beyond it callers are told that the gateway is overloaded. */
  readonly waitingMax: number;
  /** NFKC where absent (NIST SP 800-63B). NFC is what RFC 7617 has clients of Basic send, and other programs hash. */
  readonly form?: "NFC" | "NFKC";
}

/**
 * Argon2id (RFC 9106) with a bound on memory and threads: a flood of logins waits in a short queue and is then refused,
 * instead of taking the process down.
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

  /** Compares with a decoy where there is no hash, so that an unknown account costs what a known one costs; then `false`. */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const against = hash ?? (await this.#decoyHash());
    const matches = await this.#inTurn(() => Bun.password.verify(this.#normalise(password), against));
    return matches && hash !== null;
  }

  /** True where a stored hash was made with other costs and should be made again at the next login. */
  isOutdated(hash: string): boolean {
    return !hash.startsWith(`$argon2id$v=19$m=${this.#options.memoryKib},t=${this.#options.passes},`);
  }

  /** One that could not be made for want of room is made at the next need. */
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
      // handed on, never freed first: whoever comes before the next in line wakes up would take its place too
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

  /** The same characters typed on different keyboards are the same password (NIST SP 800-63B, 5.1.1.2). */
  #normalise(password: string): string {
    return password.normalize(this.#options.form ?? "NFKC");
  }
}
