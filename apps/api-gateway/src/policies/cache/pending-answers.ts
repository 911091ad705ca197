/** An answer that the service was asked for, and that may be stored. */
export interface PendingAnswer {
  /** The address of its answer. */
  readonly key: string;
  /** By which others wait for it. */
  readonly flight: string;
  /** The address was invalidated or purged meanwhile: the answer may be older than that, and is not stored. */
  isOutdated: boolean;
}

/** The answers that a cache waits for. */
export class PendingAnswers {
  readonly #all = new Set<PendingAnswer>();

  begin(key: string, flight: string): PendingAnswer {
    const pending = { key, flight, isOutdated: false };
    this.#all.add(pending);
    return pending;
  }

  end(pending: PendingAnswer): void {
    this.#all.delete(pending);
  }

  /** @returns the flights that nobody should wait for any more */
  outdate(isMeant: (key: string) => boolean): readonly string[] {
    const flights: string[] = [];
    for (const pending of this.#all) {
      if (!isMeant(pending.key)) continue;
      pending.isOutdated = true;
      flights.push(pending.flight);
    }
    return flights;
  }
}
