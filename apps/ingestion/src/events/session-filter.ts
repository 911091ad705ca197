import type { ClickHouseClient } from "@libs/database";

/** 16 MiB: ten million sessions at thirteen bits each, of which 0.3 % are taken for held ones and asked for in vain. */
const filterBits = 2 ** 27;
const hashes = 4;
const pageSessions = 5000;
const pauseMs = 2;

/**
 * Which sessions the log certainly does not hold, so that nobody has to ask it about a shopper who has just come: a Bloom filter
 * (Bloom 1970). Only for a log that this process alone writes.
 */
export class SessionFilter {
  readonly #bits = new Uint32Array(filterBits / 32);
  #isReady = false;

  /** Notes a session whose events are about to be in the log. MUST be called from the beginning on, ready or not. */
  add(sessionId: string): void {
    for (const bit of bitsOf(sessionId)) {
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** False only where the log holds nothing of the session. True for all of them until every session was read. */
  mayHold(sessionId: string): boolean {
    if (!this.#isReady) return true;
    return bitsOf(sessionId).every((bit) => ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0);
  }

  /** Reads the log's sessions, in the order of its key, a page at a time. Rejects where it is away: call it again. */
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

/** Two hashes make as many as are wanted (Kirsch and Mitzenmacher 2006). */
function bitsOf(sessionId: string): readonly number[] {
  const first = Bun.hash.xxHash32(sessionId);
  const step = Bun.hash.murmur32v3(sessionId) | 1;
  return Array.from({ length: hashes }, (_, turn) => ((first + turn * step) >>> 0) % filterBits);
}
