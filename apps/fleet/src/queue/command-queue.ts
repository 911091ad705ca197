/** What the queue stores of a command: its device, order, deadline and attempts. Its content is stored elsewhere. */
export interface QueueEntry {
  readonly commandId: string;
  readonly deviceId: string;
  /** 0 to 9; the higher first. */
  readonly priority: number;
  /** The older first among equals, then by command id. */
  readonly createdAtMs: number;
  /** After this it is delivered to nobody. */
  readonly deadlineMs: number;
  readonly attemptsMax: number;
  /** Claims made before, and until when the last one hides it: for restoring an entry that a queue has lost. */
  readonly attempts?: number;
  readonly hiddenUntilMs?: number;
}

export interface EntryKey {
  readonly commandId: string;
  readonly deviceId: string;
}

export interface ClaimRequest {
  readonly deviceId: string;
  readonly max: number;
  readonly visibilityMs: number;
  /** Digest of a fresh token, which a later `extend` must present. */
  readonly claimDigest: string;
  readonly nowMs: number;
}

export interface QueueClaim {
  readonly commandId: string;
  /** 1 for the first claim of the command. */
  readonly attempt: number;
  /** End of the claim: never after the deadline. */
  readonly untilMs: number;
}

export interface ExtendRequest extends EntryKey {
  readonly visibilityMs: number;
  readonly claimDigest: string;
  readonly nowMs: number;
}

/** `lapsed`: it was this claim, and its time is over. `stale`: another claim has been made since. */
export type ExtendOutcome =
  | { readonly outcome: "extended"; readonly untilMs: number }
  | { readonly outcome: "lapsed" | "stale" | "unknown" };

/**
 * Delivers commands at least once each, to one holder at a time. Modelled on SQS: a claim hides an entry for the visibility
 * timeout, then it is back in its old place; each claim has its own token, so that a former holder is recognised.
 *
 * Every implementation MUST pass `command-queue.contract.ts`, and MUST do each call atomically: of any number of callers,
 * on any number of instances, no two hold one entry at the same time by their clocks (`nowMs`). Entries past their deadline or out of
 * attempts stay, are delivered to nobody, and wait for `remove`.
 */
export interface CommandQueue {
  /** Adds entries; leaves an entry whose command is already known unchanged. */
  put(entries: readonly QueueEntry[]): Promise<void>;
  /** The first `max` entries of the device by priority, then age. The cost MUST NOT depend on how many wait behind them. */
  claim(request: ClaimRequest): Promise<readonly QueueClaim[]>;
  /** Hides a held entry for another `visibilityMs` from now. */
  extend(request: ExtendRequest): Promise<ExtendOutcome>;
  /** Removes entries, whoever holds them. Unknown ones are ignored. */
  remove(keys: readonly EntryKey[]): Promise<void>;
  /**
   * Identifies the current incarnation of the store. MUST change when entries may have been lost, for example when a store that is
   * not durable restarts: the open commands are then put again.
   */
  epoch(): Promise<string>;
}
