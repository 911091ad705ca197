import type { GatewayConfig } from "../config/schema.ts";
import { buildSnapshot, type SnapshotDeps } from "./build-snapshot.ts";
import { type ConfigStatus, ConfigStatusBoard } from "./config-status.ts";
import type { Snapshot } from "./snapshot.ts";

/** The one reference that a reload swaps. */
export class SnapshotHolder {
  readonly #deps: SnapshotDeps;
  readonly #board: ConfigStatusBoard;
  #snapshot: Snapshot;

  constructor(config: GatewayConfig, deps: SnapshotDeps) {
    this.#deps = deps;
    this.#snapshot = buildSnapshot(config, deps);
    this.#board = new ConfigStatusBoard(config, deps.metrics, deps.policyDeps.now);
  }

  /** The snapshot that new requests run on. */
  readonly current = (): Snapshot => this.#snapshot;

  get status(): ConfigStatus {
    return this.#board.status;
  }

  /**
   * Compiles the config whole, then swaps. Requests in flight finish on the old snapshot, which is disposed of with the
   * last of them. Rejects, changing nothing, where the config cannot be compiled.
   */
  reload(config: GatewayConfig): Promise<void> {
    let next: Snapshot;
    try {
      next = buildSnapshot(config, this.#deps);
    } catch (thrown) {
      return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    const old = this.#snapshot;
    this.#snapshot = next;
    this.#board.applied(config);
    old
      .retire()
      .catch((thrown: unknown) =>
        this.#deps.logger.error({ err: thrown }, "an old config could not be disposed of"),
      );
    return Promise.resolve();
  }

  /** Notes a reload that was refused: a file that cannot be read, does not pass its check or cannot be compiled. */
  refused(problem: string): void {
    this.#board.refused(problem);
  }

  close(): Promise<void> {
    return this.#snapshot.retire();
  }
}
