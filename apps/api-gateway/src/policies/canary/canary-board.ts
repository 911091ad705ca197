import type { CanaryTrial } from "./canary-trial.ts";

/** A canary that can roll itself back, as operators know it. */
export interface BoardEntry {
  readonly route: string;
  readonly service: string;
  readonly percent: number;
  readonly trial: CanaryTrial;
  /** The canary has its share again, and nothing that was seen counts. */
  readonly reset: () => void;
}

/** The canaries of the config that runs, for the admin port. A reload puts new ones in their place. */
export class CanaryBoard {
  readonly #entries = new Map<string, BoardEntry>();

  /** @returns what takes it off the board again; false where another one has its place by then. */
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
