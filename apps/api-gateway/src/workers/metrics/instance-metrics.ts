import { type ExposedFamily, readExposition, writeExposition } from "./exposition.ts";
import { addCounts, mergeMetrics } from "./merge-metrics.ts";

/** A process whose metrics are part of the instance's. */
export interface MetricsSource {
  /** Unique in the life of the instance: a process that takes another's place is another source. */
  readonly id: number;
  /** The value of the label `worker`. */
  readonly worker: string;
  /** Bounded; rejects where the process does not answer. */
  readonly ask: () => Promise<string>;
}

export interface InstanceMetricsOptions {
  readonly sources: () => readonly MetricsSource[];
  /** Told of each that did not answer in time: what it said last stands for it. */
  readonly onLate: (worker: string) => void;
}

interface Said {
  readonly worker: string;
  readonly families: ReadonlyMap<string, ExposedFamily>;
}

/**
 * The metrics of all processes of the instance as one text. Counters never fall: what a process that has ended had last said is kept in
 * the sums, and one that is late is taken as it was.
 */
export class InstanceMetrics {
  readonly #options: InstanceMetricsOptions;
  readonly #said = new Map<number, Said>();
  readonly #left = new Map<string, ExposedFamily>();
  #rendering: Promise<string> | null = null;

  constructor(options: InstanceMetricsOptions) {
    this.#options = options;
  }

  /** Who asks while it is being gathered gets the same. */
  render(): Promise<string> {
    this.#rendering ??= this.#gather().finally(() => {
      this.#rendering = null;
    });
    return this.#rendering;
  }

  /** What a source says of its own accord: its last words. */
  said({ id, worker }: Omit<MetricsSource, "ask">, text: string): void {
    this.#said.set(id, { worker, families: readExposition(text) });
  }

  /** The process has ended. */
  ended(id: number): void {
    const last = this.#said.get(id);
    if (last === undefined) return;
    this.#said.delete(id);
    addCounts(this.#left, last.families);
  }

  async #gather(): Promise<string> {
    const sources = this.#options.sources();
    await Promise.all(sources.map((source) => this.#ask(source)));
    // Between the answers and here nobody ends: what is said and what is left are of one moment.
    const left = { worker: "", families: this.#left };
    return writeExposition(mergeMetrics([...this.#said.values(), left]).values());
  }

  async #ask(source: MetricsSource): Promise<void> {
    try {
      const text = await source.ask();
      const isThere = this.#options.sources().some(({ id }) => id === source.id);
      if (isThere) this.said(source, text);
    } catch {
      this.#options.onLate(source.worker);
    }
  }
}
