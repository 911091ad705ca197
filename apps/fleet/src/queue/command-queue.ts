/** What the queue knows of a command: whom it is for, in which order, until when and how often. Its content stands elsewhere. */
export interface QueueEntry {
  readonly commandId: string;
  readonly deviceId: string;
  /** 0 to 9; the higher first. */
  readonly priority: number;
  /** The older first among equals, then by command id. */
  readonly createdAtMs: number;
  /** From here on it is given to nobody. */
  readonly deadlineMs: number;
  readonly attemptsMax: number;
  /** Claims made before, and until when the last one hides it: for an entry that a queue has lost. */
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
  /** Digest of a token that was never used before: what a later `extend` must show. */
  readonly claimDigest: string;
  readonly nowMs: number;
}

export interface QueueClaim {
  readonly commandId: string;
  /** 1 for the first claim of the command. */
  readonly attempt: number;
  /** The claim ends here: never after the deadline. */
  readonly untilMs: number;
}

export interface ExtendRequest extends EntryKey {
  readonly visibilityMs: number;
  readonly claimDigest: string;
  readonly nowMs: number;
}

/** `lapsed`: it was this claim, and its time is over. `stale`: it is or was somebody else's since. */
export type ExtendOutcome =
  | { readonly outcome: "extended"; readonly untilMs: number }
  | { readonly outcome: "lapsed" | "stale" | "unknown" };

/**
 * Hands out commands, at least once each, to one holder at a time. After SQS: a claim hides an entry for the visibility
 * timeout, then it is back in its old place; each claim has a token of its own, so that an old holder is known as one.
 *
 * Every implementation MUST pass `command-queue.contract.ts`, and MUST do each call atomically: of any number of callers,
 * on any number of instances, no two hold one entry at a time as their clocks (`nowMs`) go. What a deadline or the number of
 * attempts has ended stays, is given to nobody, and waits for `remove`.
 */
export interface CommandQueue {
  /** Adds entries; one whose command is known already is left as it is. */
  put(entries: readonly QueueEntry[]): Promise<void>;
  /** The first `max` entries of the device by priority, then age. The cost MUST NOT depend on how many wait behind them. */
  claim(request: ClaimRequest): Promise<readonly QueueClaim[]>;
  /** Hides a held entry for another `visibilityMs` from now. */
  extend(request: ExtendRequest): Promise<ExtendOutcome>;
  /** Forgets entries, whoever holds them. Unknown ones are fine. */
  remove(keys: readonly EntryKey[]): Promise<void>;
  /**
   * Names the store as it is now. It MUST change when entries may have been lost, such as with a restart of a store that is
   * not durable: whoever knows the commands then puts the open ones again.
   */
  epoch(): Promise<string>;
}
