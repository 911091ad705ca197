import { configHash, hashSteps } from "../config/config-hash.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { runInSlices } from "../model/steps.ts";
import { buildSnapshot, type SnapshotDeps, snapshotSteps } from "./build-snapshot.ts";
import { type ConfigStatus, ConfigStatusBoard } from "./config-status.ts";
import type { Snapshot } from "./snapshot.ts";

/** The one reference that a reload swaps. */
export class SnapshotHolder {
  readonly #deps: SnapshotDeps;
  readonly #board: ConfigStatusBoard;
  #snapshot: Snapshot;
  #isClosed = false;

  constructor(config: GatewayConfig, deps: SnapshotDeps) {
    this.#deps = deps;
    this.#snapshot = buildSnapshot(config, deps);
    this.#board = new ConfigStatusBoard(configHash(config), deps.metrics, deps.policyDeps.now);
  }

  /** The snapshot that new requests run on. */
  readonly current = (): Snapshot => this.#snapshot;

  get status(): ConfigStatus {
    return this.#board.status;
  }

  /**
   * Compiles the config whole, while requests go on, then swaps. Requests in flight finish on the old snapshot, which is disposed of
   * with the last of them. Rejects, changing nothing, where the config cannot be compiled. One call at a time.
   */
  async reload(config: GatewayConfig): Promise<void> {
    const next = await runInSlices(snapshotSteps(config, this.#deps));
    const hash = await runInSlices(hashSteps(config));
    if (this.#isClosed) {
      await next.retire();
      throw new Error("the gateway has stopped");
    }
    const old = this.#snapshot;
    this.#snapshot = next;
    this.#board.applied(hash);
    old
      .retire()
      .catch((thrown: unknown) =>
        this.#deps.logger.error({ err: thrown }, "an old config could not be disposed of"),
      );
  }

  /** Notes a reload that was refused: a file that cannot be read, does not pass its check or cannot be compiled. */
  refused(problem: string): void {
    this.#board.refused(problem);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#snapshot.retire();
  }
}
