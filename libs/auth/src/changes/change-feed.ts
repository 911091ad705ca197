import type { Sql } from "@libs/database";
import type { Change, ChangeKind } from "./record-change.ts";

interface ChangeRow {
  readonly revision: number;
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly value: number;
}

/** Without changes there is one row, which has only the counter. */
type PolledRow = { readonly head: number } & (ChangeRow | { readonly revision: null });

export interface ChangeFeedOptions {
  readonly sql: Sql;
  readonly now: () => number;
  /** Polling interval. A change reaches every instance within this time plus one query. */
  readonly pollMs: number;
  /** How far back a starting instance reads; older changes concern no credential that is still valid. */
  readonly historyMs: number;
  readonly onError: (error: unknown) => void;
}

const pageSize = 500;

/**
 * Follows the changes of all instances by polling a revision counter. That also works behind a connection pooler and on the embedded
 * engine, where LISTEN does not.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #listeners = new Map<ChangeKind, ((change: Change) => void)[]>();
  readonly #gapListeners: (() => void)[] = [];
  #revision = -1;
  #syncedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** The time, in milliseconds since the epoch, up to which all changes are known here. */
  get syncedAt(): number {
    return this.#syncedAt;
  }

  /** Registers a listener for outages longer than the history, and for a store that went back: anything cached before may be wrong. */
  onGap(listener: () => void): void {
    this.#gapListeners.push(listener);
  }

  on(kind: ChangeKind, listener: (change: Change) => void): void {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }

  /** Reads the history, then starts to poll. Rejects where the store cannot be read. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.sync();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running.catch(this.#options.onError);
  }

  /** Resolves when every change committed before the call is known here. */
  sync(): Promise<void> {
    const next = this.#running.then(
      () => this.#read(),
      () => this.#read(),
    );
    this.#running = next;
    return next;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.sync()
        .catch(this.#options.onError)
        .finally(() => this.#schedule());
    }, this.#options.pollMs);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    for (;;) {
      const askedAt = this.#options.now();
      const { head, rows } = await this.#page(askedAt);
      if (head < this.#revision) {
        this.#startOver();
        continue;
      }
      for (const row of rows) {
        this.#revision = row.revision;
        for (const listener of this.#listeners.get(row.kind) ?? []) listener(row);
      }
      if (rows.length < pageSize) {
        this.#finish(askedAt);
        return;
      }
    }
  }

  #finish(askedAt: number): void {
    const wasAway = Number.isFinite(this.#syncedAt) && askedAt - this.#syncedAt > this.#options.historyMs;
    if (wasAway) this.#tellGap();
    this.#revision = Math.max(this.#revision, 0);
    this.#syncedAt = askedAt;
  }

  /** A failover to a replica that was behind has taken changes back, and gives their revisions to others. */
  #startOver(): void {
    this.#revision = -1;
    this.#tellGap();
  }

  #tellGap(): void {
    for (const listener of this.#gapListeners) listener();
  }

  /** Only the first page is limited by age: later ones must not skip anything, however long the outage was. */
  async #page(now: number): Promise<{ readonly head: number; readonly rows: readonly ChangeRow[] }> {
    const { sql, historyMs } = this.#options;
    const found = await sql.query<PolledRow>(
      `select counter.revision::float8 as head, change.* from auth_change_counter counter left join lateral (
         select revision::float8 as revision, kind, subject, value from auth_changes
         where revision > $1 and ($1 >= 0 or at > $2) order by revision limit ${pageSize}
       ) change on true`,
      [this.#revision, new Date(now - historyMs)],
    );
    return { head: found[0]?.head ?? 0, rows: found.filter((row) => row.revision !== null) };
  }
}
