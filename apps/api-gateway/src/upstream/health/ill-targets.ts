/** Many more than fail at a time anywhere; beyond it the ones found first are forgotten. */
const illMax = 10_000;

/**
 * The targets that failed their checks last, over all snapshots: a service that a reload makes anew does not send requests to them until
 * it has found out again.
 */
export class IllTargets {
  readonly #ill = new Set<string>();

  has(service: string, targetId: string): boolean {
    return this.#ill.has(keyOf(service, targetId));
  }

  note(service: string, targetId: string, isWell: boolean): void {
    const key = keyOf(service, targetId);
    this.#ill.delete(key);
    if (isWell) return;
    this.#ill.add(key);
    const [oldest] = this.#ill;
    if (this.#ill.size > illMax && oldest !== undefined) this.#ill.delete(oldest);
  }
}

function keyOf(service: string, targetId: string): string {
  return `${service} ${targetId}`;
}
