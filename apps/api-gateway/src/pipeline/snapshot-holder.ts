import { configHash, hashSteps } from "../config/config-hash.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { runInSlices } from "../model/steps.ts";
import { buildSnapshot, type SnapshotDeps, snapshotSteps } from "./build-snapshot.ts";
import { type ConfigStatus, ConfigStatusBoard } from "./config-status.ts";
import type { Snapshot } from "./snapshot.ts";

/** Holds the current snapshot, which a reload swaps. */
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

  /** The snapshot for new requests. */
  readonly current = (): Snapshot => this.#snapshot;

  get status(): ConfigStatus {
    return this.#board.status;
  }

  /**
   * Compiles a config while requests continue, then swaps. Requests in progress finish on the old snapshot, which is disposed of with the
   * last of them. Rejects, changing nothing, if the config cannot be compiled. MUST NOT be called concurrently.
   *
   * @param prepare compiles what else depends on the new snapshot, and returns a function that applies it together with the swap. It may
   * throw, which refuses the config; the returned function MUST NOT.
   */
  async reload(config: GatewayConfig, prepare: (next: Snapshot) => () => void): Promise<void> {
    const next = await runInSlices(snapshotSteps(config, this.#deps));
    const hash = await runInSlices(hashSteps(config));
    const putInForce = await this.#prepareOrRetire(next, prepare);
    const old = this.#snapshot;
    this.#snapshot = next;
    putInForce();
    this.#board.applied(hash);
    old
      .retire()
      .catch((thrown: unknown) =>
        this.#deps.logger.error({ err: thrown }, "disposing of an old config failed"),
      );
  }

  /** Records a refused reload: a file that cannot be read, validated or compiled. */
  refused(problem: string): void {
    this.#board.refused(problem);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#snapshot.retire();
  }

  async #prepareOrRetire(next: Snapshot, prepare: (next: Snapshot) => () => void): Promise<() => void> {
    try {
      if (this.#isClosed) throw new Error("the gateway has stopped");
      return prepare(next);
    } catch (thrown) {
      await next.retire();
      throw thrown;
    }
  }
}
