/** Entries kept at most; the oldest goes first. */
const unhealthyMax = 10_000;

/**
 * The targets whose last health check failed, kept across snapshots: a service that a reload rebuilds starts with them excluded, in place
 * of sending requests to them until its own first checks.
 */
export class UnhealthyTargets {
  readonly #unhealthy = new Set<string>();

  has(service: string, targetId: string): boolean {
    return this.#unhealthy.has(keyOf(service, targetId));
  }

  note(service: string, targetId: string, isHealthy: boolean): void {
    const key = keyOf(service, targetId);
    this.#unhealthy.delete(key);
    if (isHealthy) return;
    this.#unhealthy.add(key);
    const [oldest] = this.#unhealthy;
    if (this.#unhealthy.size > unhealthyMax && oldest !== undefined) this.#unhealthy.delete(oldest);
  }
}

function keyOf(service: string, targetId: string): string {
  return `${service} ${targetId}`;
}
