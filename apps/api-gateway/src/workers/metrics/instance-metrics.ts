import { type ExposedFamily, readExposition, writeExposition } from "./exposition.ts";
import { addCounts, mergeMetrics } from "./merge-metrics.ts";

/** A process whose metrics are part of the instance's. */
export interface MetricsSource {
  /** Unique during the life of the instance: a replacement process is another source. */
  readonly id: number;
  /** The value of the label `worker`. */
  readonly worker: string;
  /** Times out; rejects if the process does not answer. */
  readonly ask: () => Promise<string>;
}

export interface InstanceMetricsOptions {
  readonly sources: () => readonly MetricsSource[];
  /** Called for each source that did not answer in time; its last values are used. */
  readonly onLate: (worker: string) => void;
}

interface Reported {
  readonly worker: string;
  readonly families: ReadonlyMap<string, ExposedFamily>;
}

/**
 * The metrics of all processes of the instance as one text. Counters never fall: the last values of an ended process remain in the sums,
 * and a late process keeps its previous values.
 */
export class InstanceMetrics {
  readonly #options: InstanceMetricsOptions;
  readonly #reported = new Map<number, Reported>();
  readonly #endedCounts = new Map<string, ExposedFamily>();
  #rendering: Promise<string> | null = null;

  constructor(options: InstanceMetricsOptions) {
    this.#options = options;
  }

  /** Concurrent requests share one result. */
  render(): Promise<string> {
    this.#rendering ??= this.#gather().finally(() => {
      this.#rendering = null;
    });
    return this.#rendering;
  }

  /** The final metrics that a source reports when it ends. */
  reported({ id, worker }: Omit<MetricsSource, "ask">, text: string): void {
    this.#reported.set(id, { worker, families: readExposition(text) });
  }

  /** The process has ended. */
  ended(id: number): void {
    const last = this.#reported.get(id);
    if (last === undefined) return;
    this.#reported.delete(id);
    addCounts(this.#endedCounts, last.families);
  }

  async #gather(): Promise<string> {
    const sources = this.#options.sources();
    await Promise.all(sources.map((source) => this.#ask(source)));
    // Synchronous from here on, so that no process ends between reading the answers and the remainder.
    const ended = { worker: "", families: this.#endedCounts };
    return writeExposition(mergeMetrics([...this.#reported.values(), ended]).values());
  }

  async #ask(source: MetricsSource): Promise<void> {
    try {
      const text = await source.ask();
      const isThere = this.#options.sources().some(({ id }) => id === source.id);
      if (isThere) this.reported(source, text);
    } catch {
      this.#options.onLate(source.worker);
    }
  }
}
