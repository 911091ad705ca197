import type { Position } from "../protocol/frame.ts";
import type { HistoryOptions, HistoryRead } from "./broker.ts";

interface Log {
  readonly epoch: string;
  offset: number;
  /** The last publications, oldest first; the newest has `offset`. */
  texts: string[];
  /** When `texts` is forgotten. */
  expiresAt: number;
}

/**
 * Streams of one process. A channel's place outlives its texts, and both are forgotten when more than `channelsMax` newer
 * channels were used since: the next publication then begins a new epoch, and readers are told that they missed something.
 */
export class MemoryHistory {
  readonly #logs = new Map<string, Log>();
  readonly #channelsMax: number;
  readonly #now: () => number;

  constructor(channelsMax: number, now: () => number) {
    this.#channelsMax = channelsMax;
    this.#now = now;
  }

  append(channel: string, text: string, options: HistoryOptions): Position {
    const log = this.#touch(channel);
    log.offset += 1;
    log.texts.push(text);
    if (log.texts.length > options.sizeMax) log.texts.shift();
    log.expiresAt = this.#now() + options.ttlMs;
    return { epoch: log.epoch, offset: log.offset };
  }

  read(channel: string, since: Position | null, limit: number): HistoryRead {
    const { epoch, offset, texts } = this.#touch(channel);
    const position = { epoch, offset };
    if (since === null) return { position, complete: false, publications: [] };
    const missed = offset - since.offset;
    if (since.epoch !== epoch || missed < 0 || missed > Math.min(texts.length, limit)) {
      return { position, complete: false, publications: [] };
    }
    const first = offset - missed + 1;
    const publications = texts
      .slice(texts.length - missed)
      .map((text, index) => ({ offset: first + index, text }));
    return { position, complete: true, publications };
  }

  /** The channel's log, as the most recently used one. */
  #touch(channel: string): Log {
    const known = this.#logs.get(channel);
    if (known !== undefined) {
      this.#logs.delete(channel);
      this.#logs.set(channel, known);
      if (known.texts.length > 0 && known.expiresAt <= this.#now()) known.texts = [];
      return known;
    }
    const log = { epoch: Bun.randomUUIDv7("base64url"), offset: 0, texts: [], expiresAt: 0 };
    this.#logs.set(channel, log);
    if (this.#logs.size > this.#channelsMax) {
      const [oldest] = this.#logs.keys();
      if (oldest !== undefined) this.#logs.delete(oldest);
    }
    return log;
  }
}
