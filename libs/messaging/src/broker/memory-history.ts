import type { Position } from "../protocol/frame.ts";
import type { HistoryOptions, HistoryRead } from "./broker.ts";

interface Log {
  readonly epoch: string;
  offset: number;
  /** The latest publications, oldest first; the newest has `offset`. `null` for none. */
  texts: string[] | null;
  /** When `texts` expires. */
  expiresAt: number;
}

const none: readonly string[] = [];

/**
 * History in process. A channel's position outlives its texts; both are evicted once more than `channelsMax` other channels were used
 * since. The next publication then starts a new epoch, which tells readers that they missed something. A channel without publications is
 * at the start of the current epoch and takes no memory.
 */
export class MemoryHistory {
  readonly #logs = new Map<string, Log>();
  /** Reused: a new iterator would first skip all deleted entries. */
  readonly #oldestFirst = this.#logs.keys();
  /** Visits two logs per publication, in turn: expired texts are freed even in channels that nobody reads. */
  #round = this.#logs.values();
  readonly #channelsMax: number;
  readonly #now: () => number;
  /** Shared by all channels created since the last eviction, so that a channel that is created again never gets its old epoch. */
  #start: Position = { epoch: createEpoch(), offset: 0 };

  constructor(channelsMax: number, now: () => number) {
    this.#channelsMax = channelsMax;
    this.#now = now;
  }

  append(channel: string, text: string, options: HistoryOptions): Position {
    const log = this.#touch(channel) ?? this.#begin(channel);
    log.offset += 1;
    const texts = log.texts ?? [];
    log.texts = texts;
    texts.push(text);
    if (texts.length > options.sizeMax) texts.splice(0, texts.length - options.sizeMax);
    const now = this.#now();
    log.expiresAt = now + options.ttlMs;
    for (let looks = 0; looks < 2; looks++) this.#forgetNext(now);
    return { epoch: log.epoch, offset: log.offset };
  }

  read(channel: string, since: Position | null, limit: number): HistoryRead {
    const log = this.#touch(channel);
    const position = log === null ? this.#start : { epoch: log.epoch, offset: log.offset };
    const kept = log?.texts ?? none;
    const { epoch, offset } = position;
    if (since === null) return { position, complete: false, publications: [] };
    const missed = offset - since.offset;
    if (since.epoch !== epoch || missed < 0 || missed > Math.min(kept.length, limit)) {
      return { position, complete: false, publications: [] };
    }
    const first = offset - missed + 1;
    const publications = kept
      .slice(kept.length - missed)
      .map((text, index) => ({ offset: first + index, text }));
    return { position, complete: true, publications };
  }

  /** The number of texts held over all channels. Walks all of them. */
  get held(): number {
    let held = 0;
    for (const { texts } of this.#logs.values()) held += texts?.length ?? 0;
    return held;
  }

  #forgetNext(now: number): void {
    const { value: log } = this.#round.next();
    if (log === undefined) this.#round = this.#logs.values();
    else if (log.expiresAt <= now) log.texts = null;
  }

  /** The channel's log, marked as most recently used. */
  #touch(channel: string): Log | null {
    const known = this.#logs.get(channel);
    if (known === undefined) return null;
    this.#logs.delete(channel);
    this.#logs.set(channel, known);
    if (known.texts !== null && known.expiresAt <= this.#now()) known.texts = null;
    return known;
  }

  #begin(channel: string): Log {
    const log: Log = { epoch: this.#start.epoch, offset: 0, texts: null, expiresAt: 0 };
    this.#logs.set(channel, log);
    if (this.#logs.size <= this.#channelsMax) return log;
    const oldest = this.#oldestFirst.next().value;
    if (oldest !== undefined) this.#logs.delete(oldest);
    this.#start = { epoch: createEpoch(), offset: 0 };
    return log;
  }
}

function createEpoch(): string {
  return Bun.randomUUIDv7("base64url");
}
