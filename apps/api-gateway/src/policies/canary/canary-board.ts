import type { CanaryTrial } from "./canary-trial.ts";

/** A canary with automatic rollback, as shown to operators. */
export interface BoardEntry {
  readonly route: string;
  readonly service: string;
  readonly percent: number;
  readonly trial: CanaryTrial;
  /** Restores the canary's share and forgets all observations. */
  readonly reset: () => void;
}

/** The canaries of the current config, for the admin port. A reload replaces them. */
export class CanaryBoard {
  readonly #entries = new Map<string, BoardEntry>();

  /** @returns a function that removes it; that returns false where another one has replaced it */
  add(entry: BoardEntry): () => boolean {
    const id = idOf(entry);
    this.#entries.set(id, entry);
    return () => this.#entries.get(id) === entry && this.#entries.delete(id);
  }

  all(): readonly BoardEntry[] {
    return [...this.#entries.values()];
  }
}

/** What a canary is called on the admin port. */
export function idOf({ route, service }: Pick<BoardEntry, "route" | "service">): string {
  return `${route}/${service}`;
}
