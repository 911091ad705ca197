import type { ClickHouseClient } from "@libs/database";

/** 16 MiB: ten million sessions at thirteen bits each, with 0.3 % false positives, which are queried in vain. */
const filterBits = 2 ** 27;
const hashes = 4;
const pageSessions = 5000;
const pauseMs = 2;

/**
 * Sessions that the log certainly does not contain, so that new shoppers need no query: a Bloom filter
 * (Bloom 1970). Only for a log that no other process writes.
 */
export class SessionFilter {
  readonly #bits = new Uint32Array(filterBits / 32);
  #isReady = false;

  /** Adds a session whose events are about to be in the log. MUST be called from the start, ready or not. */
  add(sessionId: string): void {
    for (const bit of bitsOf(sessionId)) {
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** False only if the log contains nothing of the session. True for every session until all were loaded. */
  mayHold(sessionId: string): boolean {
    if (!this.#isReady) return true;
    return bitsOf(sessionId).every((bit) => ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0);
  }

  /** Loads the log's sessions, in the order of its key, page by page. Rejects where it is away: call it again. */
  async fill(clickhouse: Pick<ClickHouseClient, "query">, signal: AbortSignal): Promise<void> {
    let after = "";
    while (!this.#isReady && !signal.aborted) {
      const rows = await clickhouse.query<{ session_id: string }>(
        "SELECT DISTINCT session_id FROM events WHERE session_id > {after:String} ORDER BY session_id LIMIT {limit:UInt32}",
        { after, limit: pageSessions },
      );
      for (const row of rows) this.add(row.session_id);
      after = rows.at(-1)?.session_id ?? after;
      this.#isReady = rows.length < pageSessions;
      await Bun.sleep(pauseMs);
    }
  }
}

/** Derives any number of hashes from two (Kirsch and Mitzenmacher 2006). */
function bitsOf(sessionId: string): readonly number[] {
  const first = Bun.hash.xxHash32(sessionId);
  const step = Bun.hash.murmur32v3(sessionId) | 1;
  return Array.from({ length: hashes }, (_, turn) => ((first + turn * step) >>> 0) % filterBits);
}
