import type { Position } from "../protocol/frame.ts";
import type { Broker, Publication, PublicationListener, Subscription } from "./broker.ts";

export interface FeedListener {
  /** In order and, where the channel keeps history, without a gap since the last `publication` or `lost`. */
  publication(publication: Publication): void;
  /** The channel stands at `position` now, and what lay before it since the last publication cannot be had. */
  lost(position: Position): void;
}

export interface FeedSource {
  readonly broker: Broker;
  /** A longer gap is lost rather than filled. */
  readonly gapMax: number;
  /**
   * The broker could not be asked though it is up, as one that is slow: the feed waits, and what shows its gap with it. Whoever is told
   * MUST call `catchUp` some time later, since no change of the broker's state will.
   */
  readonly onBehind: (feed: ChannelFeed) => void;
}

/**
 * One channel as an ordered stream: a jump of the offset is filled from history before anything after it is delivered, and
 * told as lost where it cannot be filled. The owner calls `catchUp` whenever the broker is up again, since a channel on
 * which nothing more is published would never show that something was missed.
 */
export class ChannelFeed implements PublicationListener {
  readonly #source: FeedSource;
  readonly #channel: string;
  readonly #listener: FeedListener;
  #subscription: Subscription | null = null;
  #position: Position | null = null;
  /** Came while a gap was being filled; what history gives too is skipped. */
  #pending: Publication[] | null = null;
  #filling: Promise<void> | null = null;
  #closed = false;

  private constructor(source: FeedSource, channel: string, listener: FeedListener) {
    this.#source = source;
    this.#channel = channel;
    this.#listener = listener;
  }

  /** Resolves when the feed is live, or at once live for this instance alone where the broker is down. */
  static async open(source: FeedSource, channel: string, listener: FeedListener): Promise<ChannelFeed> {
    const feed = new ChannelFeed(source, channel, listener);
    await feed.#exclusively(() => feed.#open());
    return feed;
  }

  /** Of the last delivered publication; `null` until the broker could say where the channel stands. */
  get position(): Position | null {
    return this.#position;
  }

  /** Closes a gap that no publication has shown yet. Rejects with `store_unavailable`. */
  catchUp(): Promise<void> {
    return this.#filling ?? this.#exclusively(() => this.#fill());
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#subscription?.close();
  }

  /** While `work` runs, what comes waits. Afterwards it is delivered, unless the work failed and its gap still stands. */
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
    this.#subscription = await broker.subscribe(this.#channel, this);
    try {
      this.#position = (await broker.history(this.#channel, null, 0)).position;
    } catch {
      // the position stays unknown, which `catchUp` tells as lost: nobody is left to believe that nothing was missed
      this.#source.onBehind(this);
    }
    this.#drain();
  }

  /** Called by the broker. */
  publication(publication: Publication): void {
    if (publication.position === null) return this.#listener.publication(publication);
    if (this.#filling === null && this.#follows(publication.position)) return this.#deliver(publication);
    this.#pending ??= [];
    this.#pending.push(publication);
    if (this.#pending.length > this.#source.gapMax) this.#pending.shift();
    if (this.#filling === null) this.#drain();
  }

  /** Delivers what follows; asks history for what does not. A failed read leaves all as it is until the next `catchUp`. */
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
    if (this.#closed) return;
    const { epoch } = read.position;
    if (read.complete) {
      for (const { offset, text } of read.publications) {
        this.#deliver({ channel, text, position: { epoch, offset } });
      }
    } else {
      this.#position = { epoch, offset: this.#lostUpTo(read.position) };
      this.#listener.lost(this.#position);
    }
  }

  /** What waits already, without a gap up to where the channel stands, is not lost with what lay before it. */
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
    if (!this.#closed) this.#listener.publication(publication);
  }

  #follows({ epoch, offset }: Position): boolean {
    return this.#position !== null && this.#position.epoch === epoch && this.#position.offset + 1 === offset;
  }

  #isOld({ epoch, offset }: Position): boolean {
    return this.#position !== null && this.#position.epoch === epoch && offset <= this.#position.offset;
  }
}
