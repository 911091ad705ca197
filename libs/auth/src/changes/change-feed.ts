import type { Sql } from "@libs/database";
import type { Change, ChangeKind } from "./record-change.ts";

interface ChangeRow {
  readonly revision: number;
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly value: number;
}

export interface ChangeFeedOptions {
  readonly sql: Sql;
  readonly now: () => number;
  /** Pause between two looks. A change reaches every instance within this and the time of one query. */
  readonly pollMs: number;
  /** How far back a starting instance reads: what is older concerns no credential that is still valid. */
  readonly historyMs: number;
  readonly onError: (error: unknown) => void;
}

const pageSize = 500;

/**
 * Follows the changes that any instance makes, by polling a revision: it works alike on a PostgreSQL server, behind a pooler
 * and on the embedded engine, where LISTEN does not.
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

  /** When all changes up to then were known here, in milliseconds since the epoch. */
  get syncedAt(): number {
    return this.#syncedAt;
  }

  /** Called after a time without the store that was longer than its history: what was remembered from before may be wrong. */
  onGap(listener: () => void): void {
    this.#gapListeners.push(listener);
  }

  on(kind: ChangeKind, listener: (change: Change) => void): void {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }

  /** Reads the recent past, then follows. Rejects where the store cannot be read. */
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
      const rows = await this.#page(askedAt);
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
    if (wasAway) for (const listener of this.#gapListeners) listener();
    this.#revision = Math.max(this.#revision, 0);
    this.#syncedAt = askedAt;
  }

  /** The age counts for the first look only: later ones must miss nothing, however long the store was away. */
  #page(now: number): Promise<readonly ChangeRow[]> {
    const { sql, historyMs } = this.#options;
    return sql.query<ChangeRow>(
      `select revision::float8 as revision, kind, subject, value from auth_changes
       where revision > $1 and ($1 >= 0 or at > $2) order by revision limit ${pageSize}`,
      [this.#revision, new Date(now - historyMs)],
    );
  }
}
