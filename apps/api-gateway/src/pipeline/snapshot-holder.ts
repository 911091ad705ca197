import type { GatewayConfig } from "../config/schema.ts";
import { buildSnapshot, type SnapshotDeps } from "./build-snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

/** The one reference that a reload swaps. */
export class SnapshotHolder {
  readonly #deps: SnapshotDeps;
  readonly #succeeded;
  readonly #lastSuccess;
  #snapshot: Snapshot;

  constructor(config: GatewayConfig, deps: SnapshotDeps) {
    this.#deps = deps;
    this.#succeeded = deps.metrics.counter({
      name: "cartway_config_reloads_total",
      help: "Reloads of the config, by outcome.",
      labels: ["outcome"],
    });
    this.#lastSuccess = deps.metrics.gauge({
      name: "cartway_config_last_reload_successful",
      help: "1 where the last reload took effect, 0 where it was refused.",
    });
    this.#snapshot = buildSnapshot(config, deps);
    this.#lastSuccess.set(1);
  }

  /** The snapshot that new requests run on. */
  readonly current = (): Snapshot => this.#snapshot;

  /**
   * Compiles the config whole, then swaps. Requests in flight finish on the old snapshot, which is disposed of with the
   * last of them. Rejects, changing nothing, where the config cannot be compiled.
   */
  reload(config: GatewayConfig): Promise<void> {
    let next: Snapshot;
    try {
      next = buildSnapshot(config, this.#deps);
    } catch (thrown) {
      this.failed();
      return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    const old = this.#snapshot;
    this.#snapshot = next;
    this.#succeeded.with({ outcome: "applied" }).inc();
    this.#lastSuccess.set(1);
    old
      .retire()
      .catch((thrown: unknown) =>
        this.#deps.logger.error({ err: thrown }, "an old config could not be disposed of"),
      );
    return Promise.resolve();
  }

  /** Notes a reload that was refused before it came here: a file that cannot be read or does not pass its check. */
  failed(): void {
    this.#succeeded.with({ outcome: "refused" }).inc();
    this.#lastSuccess.set(0);
  }

  close(): Promise<void> {
    return this.#snapshot.retire();
  }
}
