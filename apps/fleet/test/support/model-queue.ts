import type {
  ClaimRequest,
  ExtendOutcome,
  ExtendRequest,
  QueueClaim,
  QueueEntry,
} from "../../src/queue/command-queue.ts";

interface Held extends QueueEntry {
  attempts: number;
  hiddenUntilMs: number;
  claimDigest: string | null;
}

/** The simplest possible model of the queue, used as the oracle of its random tests: one list, without index or storage. */
export class ModelQueue {
  readonly #entries = new Map<string, Held>();

  put(entry: QueueEntry): void {
    if (this.#entries.has(entry.commandId)) return;
    const { attempts = 0, hiddenUntilMs = 0 } = entry;
    this.#entries.set(entry.commandId, { ...entry, attempts, hiddenUntilMs, claimDigest: null });
  }

  claim({ deviceId, max, visibilityMs, claimDigest, nowMs }: ClaimRequest): QueueClaim[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.deviceId === deviceId && entry.hiddenUntilMs <= nowMs)
      .filter((entry) => entry.deadlineMs > nowMs && entry.attempts < entry.attemptsMax)
      .toSorted(
        (a, b) =>
          b.priority - a.priority || a.createdAtMs - b.createdAtMs || (a.commandId < b.commandId ? -1 : 1),
      )
      .slice(0, max)
      .map((entry) => {
        entry.attempts += 1;
        entry.hiddenUntilMs = Math.min(nowMs + visibilityMs, entry.deadlineMs);
        entry.claimDigest = claimDigest;
        return { commandId: entry.commandId, attempt: entry.attempts, untilMs: entry.hiddenUntilMs };
      });
  }

  extend({ commandId, claimDigest, visibilityMs, nowMs }: ExtendRequest): ExtendOutcome {
    const entry = this.#entries.get(commandId);
    if (entry === undefined) return { outcome: "unknown" };
    if (entry.claimDigest !== claimDigest) return { outcome: "stale" };
    if (entry.hiddenUntilMs <= nowMs) return { outcome: "lapsed" };
    entry.hiddenUntilMs = Math.min(nowMs + visibilityMs, entry.deadlineMs);
    return { outcome: "extended", untilMs: entry.hiddenUntilMs };
  }

  remove(commandId: string): void {
    this.#entries.delete(commandId);
  }
}
