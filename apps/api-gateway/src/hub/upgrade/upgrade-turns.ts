/** Each takes about a tenth of a millisecond, joins included. */
const upgradesPerTurn = 32;

/**
 * Lets a few upgrades through per turn of the event loop, in their order. When thousands of clients reconnect at once, the frames of open
 * connections are read between them, instead of after all of them.
 */
export class UpgradeTurns {
  #madeThisTurn = 0;
  #waiting: (() => void)[] = [];
  readonly #nextTurn: (run: () => void) => unknown;

  /** @param nextTurn calls `run` once the sockets were looked at again */
  constructor(nextTurn: (run: () => void) => unknown = setImmediate) {
    this.#nextTurn = nextTurn;
  }

  /** `null` where the upgrade may be made at once; otherwise resolves when it may. */
  take(): Promise<void> | null {
    if (this.#madeThisTurn === 0 && this.#waiting.length === 0) this.#nextTurn(() => this.#turn());
    if (this.#madeThisTurn < upgradesPerTurn) {
      this.#madeThisTurn += 1;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #turn(): void {
    const next = this.#waiting.splice(0, upgradesPerTurn);
    this.#madeThisTurn = next.length;
    for (const resolve of next) resolve();
    if (next.length > 0) this.#nextTurn(() => this.#turn());
  }
}
