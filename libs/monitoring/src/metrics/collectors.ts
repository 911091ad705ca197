import { Pace } from "@libs/resilience";

export type Collect = () => void | Promise<void>;

/** How long collectors delay requests at a time, unless a single one takes longer. */
const sliceMs = 0.2;

/** What sets the values that have to be queried. */
export class Collectors {
  readonly #all = new Set<Collect>();
  readonly #onFailure: () => void;

  constructor(onFailure: () => void) {
    this.#onFailure = onFailure;
  }

  /** @returns a function that removes it */
  add(collect: Collect): () => void {
    this.#all.add(collect);
    return () => void this.#all.delete(collect);
  }

  /** Runs all of them, in slices that yield to the event loop. Never rejects. */
  async run(): Promise<void> {
    const pace = new Pace(sliceMs);
    for (const collect of this.#all) {
      try {
        await collect();
      } catch {
        this.#onFailure();
      }
      const turn = pace.turn();
      if (turn !== null) await turn;
    }
  }
}
