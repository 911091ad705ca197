import type { Position } from "../protocol/frame.ts";
import type { Broker, Publication, PublicationListener } from "./broker.ts";

export interface FeedListener {
  /** In order and, on a channel with history, without a gap since the previous `publication` or `lost`. */
  publication(publication: Publication): void;
  /** The channel is at `position` now; publications before that may have been missed for good. */
  lost(position: Position): void;
}

export interface FeedSource {
  readonly broker: Broker;
  /** A longer gap is reported as lost instead of being filled. */
  readonly gapMax: number;
  /**
   * History could not be read although the broker is up, for instance because it is slow: delivery waits. The receiver MUST call
   * `catchUp` later, because no change of the broker's state will trigger it.
   */
  readonly onBehind: (feed: ChannelFeed) => void;
}

/**
 * A channel as an ordered stream: a gap in the offsets is filled from history before anything after it is delivered, or reported as lost.
 * The owner calls `catchUp` whenever the broker is up again, because a gap at the end of a quiet channel would never show.
 */
export class ChannelFeed implements PublicationListener {
  readonly #source: FeedSource;
  readonly #channel: string;
  /** `null` once it is closed. */
  #listener: FeedListener | null;
  #position: Position | null = null;
  /** Publications that arrive while a gap is being filled; those that history also returns are skipped. */
  #pending: Publication[] | null = null;
  #filling: Promise<void> | null = null;

  private constructor(source: FeedSource, channel: string, listener: FeedListener) {
    this.#source = source;
    this.#channel = channel;
    this.#listener = listener;
  }

  /** Resolves when the feed is live; at once, and only for this instance, where the broker is down. */
  static async open(source: FeedSource, channel: string, listener: FeedListener): Promise<ChannelFeed> {
    const feed = new ChannelFeed(source, channel, listener);
    await feed.#exclusively(() => feed.#open());
    return feed;
  }

  /** The position of the last delivered publication; `null` until the channel's position could be read. */
  get position(): Position | null {
    return this.#position;
  }

  /** Fills a gap that no publication has revealed. Rejects with `store_unavailable`. */
  catchUp(): Promise<void> {
    return this.#filling ?? this.#exclusively(() => this.#fill());
  }

  get isClosed(): boolean {
    return this.#listener === null;
  }

  async close(): Promise<void> {
    this.#listener = null;
    await this.#source.broker.unsubscribe(this.#channel, this);
  }

  /** Holds publications back while `work` runs. They are delivered afterwards, unless the work failed and the gap remains. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const running = this.#runAlone(work);
    this.#filling = running;
    return running;
  }

  async #runAlone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      this.#filling = null;
    }
    this.#drain();
  }

  async #open(): Promise<void> {
    const { broker } = this.#source;
    await broker.subscribe(this.#channel, this);
    try {
      this.#position = (await broker.history(this.#channel, null, 0)).position;
    } catch {
      // the position stays unknown, so that `catchUp` reports a loss: no listener may believe that it missed nothing
      this.#source.onBehind(this);
    }
    this.#drain();
  }

  /** Called by the broker. */
  publication(publication: Publication): void {
    if (publication.position === null) return this.#listener?.publication(publication);
    if (this.#filling === null && this.#follows(publication.position)) return this.#deliver(publication);
    this.#pending ??= [];
    this.#pending.push(publication);
    if (this.#pending.length > this.#source.gapMax) this.#pending.shift();
    if (this.#filling === null) this.#drain();
  }

  /**
   * Delivers consecutive publications, and reads history for a gap. After a failed read everything stays as it is until the next
   * `catchUp`.
   */
  #drain(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#pending = null;
    for (const [index, publication] of pending.entries()) {
      const { position } = publication;
      if (position === null || this.#isOld(position)) continue;
      if (this.#follows(position)) {
        this.#deliver(publication);
        continue;
      }
      this.#pending = pending.slice(index);
      if (this.#source.broker.state === "up")
        queueMicrotask(() => void this.catchUp().catch(() => this.#source.onBehind(this)));
      return;
    }
  }

  async #fill(): Promise<void> {
    const { broker, gapMax } = this.#source;
    const channel = this.#channel;
    const since = this.#position;
    const read = await broker.history(channel, since, gapMax);
    if (this.isClosed) return;
    const { epoch } = read.position;
    if (read.complete) {
      for (const { offset, text } of read.publications) {
        this.#deliver({ channel, text, position: { epoch, offset } });
      }
    } else {
      this.#position = { epoch, offset: this.#lostUpTo(read.position) };
      this.#listener?.lost(this.#position);
    }
  }

  /** Publications that are held and contiguous up to the current position are not lost. */
  #lostUpTo({ epoch, offset }: Position): number {
    const waiting = (this.#pending ?? []).filter(({ position }) => position?.epoch === epoch);
    const offsets = waiting.map(({ position }) => position?.offset ?? 0);
    let first = offsets.at(-1) ?? 0;
    if (first < offset) return offset;
    for (let index = offsets.length - 2; index >= 0 && offsets[index] === first - 1; index--) first -= 1;
    return Math.min(offset, first - 1);
  }

  #deliver(publication: Publication): void {
    this.#position = publication.position;
    this.#listener?.publication(publication);
  }

  #follows({ epoch, offset }: Position): boolean {
    return this.#position !== null && this.#position.epoch === epoch && this.#position.offset + 1 === offset;
  }

  #isOld({ epoch, offset }: Position): boolean {
    return this.#position !== null && this.#position.epoch === epoch && offset <= this.#position.offset;
  }
}
