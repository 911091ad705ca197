import type { Logger } from "./logger.ts";

/** Lines of one kind in a second; what comes beyond them is counted. */
const linesOfKind = 10;
/** Of all kinds together. */
const linesInAll = 100;
/** Kinds that are counted by themselves; those beyond them are counted together. */
const kindsMax = 256;
const secondMs = 1000;

export interface ThinnedLinesOptions {
  readonly logger: Logger;
  /** What a line says that stands for those that were not written. */
  readonly message: string;
  /** Lines of one kind in a second, 10 by default. */
  readonly linesOfKind?: number;
  /** Of all kinds together, 100 by default. */
  readonly linesInAll?: number;
  /** How long such a second is, in milliseconds. */
  readonly secondMs?: number;
  /** Milliseconds on a clock that never jumps; `performance.now` by default. */
  readonly now?: () => number;
}

interface Kind {
  readonly fields: object;
  written: number;
  withheld: number;
}

/**
 * Keeps a flood of what goes wrong from being a flood of lines: the first of each kind in a second are written, and once a second one line of
 * each kind says at `warn` how many more there were (`withheld`). Nothing is timed while nothing is withheld.
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
   * @param kind of a set that the config bounds: never what a caller sends.
   * @param fields say the same in the line that tells of those which were not written.
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
