import type { Logger } from "./logger.ts";

/** Bound on lines of one kind per second; further ones are only counted. */
const linesOfKind = 10;
/** Bound on lines of all kinds together. */
const linesInAll = 100;
/** Bound on kinds counted separately; further ones share a counter. */
const kindsMax = 256;
const secondMs = 1000;

export interface ThinnedLinesOptions {
  readonly logger: Logger;
  /** The message of the line that summarizes withheld ones. */
  readonly message: string;
  /** Lines of one kind per second; 10 by default. */
  readonly linesOfKind?: number;
  /** Lines of all kinds per second; 100 by default. */
  readonly linesInAll?: number;
  /** Length of the period, in milliseconds. */
  readonly secondMs?: number;
  /** A monotonic clock in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
}

interface Kind {
  readonly fields: object;
  written: number;
  withheld: number;
}

/**
 * Rate-limits log lines about failures: the first lines of each kind per second are written, and then, once a second, one line per kind
 * at `warn` with the number of those left out (`withheld`). No timer runs while nothing is withheld.
 */
export class ThinnedLines {
  readonly #options: Required<ThinnedLinesOptions>;
  #kinds = new Map<string, Kind>();
  #written = 0;
  #beganAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ThinnedLinesOptions) {
    this.#options = { linesOfKind, linesInAll, secondMs, now: () => performance.now(), ...options };
  }

  /**
   * Whether a line of this kind may be written now.
   * @param kind from a set bounded by the config, never a caller's input.
   * @param fields are repeated in the summary line.
   */
  admits(kind: string, fields: object): boolean {
    const now = this.#options.now();
    if (now - this.#beganAt >= this.#options.secondMs) this.#begin(now);
    const counted = this.#kindOf(kind, fields);
    if (this.#hasRoomFor(counted)) {
      counted.written += 1;
      this.#written += 1;
      return true;
    }
    counted.withheld += 1;
    this.#timer ??= this.#tellLater();
    return false;
  }

  #hasRoomFor({ written }: Kind): boolean {
    return written < this.#options.linesOfKind && this.#written < this.#options.linesInAll;
  }

  #kindOf(name: string, fields: object): Kind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    if (this.#kinds.size >= kindsMax && name !== "") return this.#kindOf("", {});
    const kind: Kind = { fields, written: 0, withheld: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }

  #tellLater(): NodeJS.Timeout {
    const timer = setTimeout(() => this.#begin(this.#options.now()), this.#options.secondMs);
    timer.unref();
    return timer;
  }

  #begin(now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const before = this.#kinds;
    this.#kinds = new Map();
    this.#written = 0;
    this.#beganAt = now;
    const { logger, message } = this.#options;
    for (const { fields, withheld } of before.values())
      if (withheld > 0) logger.warn({ ...fields, withheld }, message);
  }
}
